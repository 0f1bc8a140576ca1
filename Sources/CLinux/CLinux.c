#include "CLinux.h"
#ifdef __linux__
#include <sys/prctl.h>
int estuary_deny_dumping(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
#else
int estuary_deny_dumping(void) { return 0; }
#endif
