internal import CLinux
internal import Foundation

/// Keeps the signer's memory from leaving the process: no core dumps, not dumpable, locked where the host allows it.
package enum HardenedProcess {
    /// What could be done.
    package struct Outcome: Sendable {
        /// Whether no page of this process is ever written to swap.
        package var memoryIsLocked: Bool
        /// What could not be done, for the log.
        package var warnings: [String]
    }

    /// RLIMIT_MEMLOCK, a macro that the importer does not see.
    private static let memoryLockResource = __rlimit_resource_t(8)

    /// Applies what the host allows. To be called before keys are read and threads start.
    package static func apply() -> Outcome {
        var warnings: [String] = []
        // Whatever this process creates is its owner's alone.
        umask(0o077)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        if setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) != 0 {
            warnings.append("core dumps can't be switched off: \(String(cString: strerror(errno)))")
        }
        if estuary_deny_dumping() != 0 {
            warnings.append("the process stays dumpable: \(String(cString: strerror(errno)))")
        }
        // Under a limit, locking succeeds at first and then lets allocations fail: only without one.
        var limit = rlimit()
        guard getrlimit(memoryLockResource, &limit) == 0, limit.rlim_max == rlim_t.max else {
            return Outcome(memoryIsLocked: false, warnings: warnings)
        }
        var unlimited = rlimit(rlim_cur: rlim_t.max, rlim_max: rlim_t.max)
        guard setrlimit(memoryLockResource, &unlimited) == 0,
            mlockall(Int32(MCL_CURRENT) | Int32(MCL_FUTURE)) == 0
        else {
            warnings.append("memory can't be locked: \(String(cString: strerror(errno)))")
            return Outcome(memoryIsLocked: false, warnings: warnings)
        }
        return Outcome(memoryIsLocked: true, warnings: warnings)
    }
}
