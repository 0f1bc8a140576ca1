#include "CLinux.h"
#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
int estuary_deny_dumping(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
int estuary_event_counter(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
int estuary_read_file_version(const char *path, struct estuary_file_version *version) {
    struct stat status;
    if (stat(path, &status) != 0) {
        return -1;
    }
    version->size = status.st_size;
    version->device = status.st_dev;
    version->inode = status.st_ino;
    version->modified_seconds = status.st_mtim.tv_sec;
    version->modified_nanoseconds = status.st_mtim.tv_nsec;
    version->changed_seconds = status.st_ctim.tv_sec;
    version->changed_nanoseconds = status.st_ctim.tv_nsec;
    return 0;
}
#else
#include <errno.h>
int estuary_deny_dumping(void) { return 0; }
int estuary_event_counter(void) { errno = ENOSYS; return -1; }
int estuary_read_file_version(const char *path, struct estuary_file_version *version) { errno = ENOSYS; return -1; }
#endif
