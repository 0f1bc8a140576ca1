#include "CLinux.h"
#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/prctl.h>
int estuary_deny_dumping(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
int estuary_event_counter(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
#else
#include <errno.h>
int estuary_deny_dumping(void) { return 0; }
int estuary_event_counter(void) { errno = ENOSYS; return -1; }
#endif
