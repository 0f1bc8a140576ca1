#pragma once
/// Marks the process as not dumpable (PR_SET_DUMPABLE 0): no core file, and no ptrace by the same user.
/// Returns 0, or -1 with errno set.
int estuary_deny_dumping(void);

/// A new event counter (eventfd, close-on-exec, non-blocking) to wake a polling thread with.
/// Returns its descriptor, or -1 with errno set.
int estuary_event_counter(void);

/// What `stat` says of a file's contents. Swift attributes the system's own structure to whichever module it finds it in
/// first, which is another in debug than in release builds.
struct estuary_file_version {
    long long size;
    unsigned long long device;
    unsigned long long inode;
    long long modified_seconds;
    long long modified_nanoseconds;
    long long changed_seconds;
    long long changed_nanoseconds;
};

/// Reads what there is to know of the file at a path. Returns 0, or -1 with errno set.
int estuary_read_file_version(const char *path, struct estuary_file_version *version);
