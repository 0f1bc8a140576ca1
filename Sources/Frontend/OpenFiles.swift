internal import Foundation

/// The process's limit on open files.
enum OpenFiles {
    /// For everything that is no client connection: sockets of the cluster, logs, libraries.
    private static let reserve = 128

    /// Raises the limit as far as the system lets this process, and says how many connections fit below it.
    static func connections(atMost wanted: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return wanted }
        let needed = rlim_t(wanted + reserve)
        if limit.rlim_cur < needed {
            limit.rlim_cur = min(needed, limit.rlim_max)
            guard setrlimit(resource, &limit) == 0, getrlimit(resource, &limit) == 0 else { return wanted }
        }
        return max(1, min(wanted, Int(clamping: limit.rlim_cur) - reserve))
    }

    /// As many connections for each of two listeners as is wanted, or what the system allows in the same proportion.
    static func connections(atMost first: Int, and second: Int) -> (Int, Int) {
        let possible = connections(atMost: first + second)
        guard possible < first + second else { return (first, second) }
        let share = max(1, Int(Double(possible) * Double(second) / Double(first + second)))
        return (max(1, possible - share), share)
    }

    #if os(Linux)
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
    private static let resource = RLIMIT_NOFILE
    #endif
}
