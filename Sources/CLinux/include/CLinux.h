#pragma once
/// Marks the process as not dumpable (PR_SET_DUMPABLE 0): no core file, and no ptrace by the same user.
/// Returns 0, or -1 with errno set.
int estuary_deny_dumping(void);

/// A new event counter (eventfd, close-on-exec, non-blocking) to wake a polling thread with.
/// Returns its descriptor, or -1 with errno set.
int estuary_event_counter(void);
