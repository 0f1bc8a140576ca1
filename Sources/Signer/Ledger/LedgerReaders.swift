internal import Dispatch
internal import GRDB
internal import Synchronization

/// The ledger's connections that only read, each for one reader at a time.
///
/// GRDB's pool would do, but it asks for the schema's version before each read and hands its connections out under locks
/// of its own: together that costs several times what a look-up by key does (docs/performance.md).
final class LedgerReaders: Sendable {
    private let connections: [DatabaseQueue]
    private let idle: Mutex<[Int]>
    /// Counts what ``idle`` has, so that who finds nothing gets the first that comes free.
    private let free: DispatchSemaphore

    /// - Parameter count: how many reads there are at once; further ones wait.
    init(path: String, count: Int) throws {
        var configuration = Configuration()
        configuration.label = "ledger reader"
        configuration.busyMode = .timeout(5)
        configuration.readonly = true
        configuration.prepareDatabase { db in
            // In KiB, negative. Not mapped into memory: the process may be locked there, and the whole file with it.
            try db.execute(sql: "PRAGMA cache_size = -16384")
        }
        connections = try (0..<max(1, count)).map { _ in try DatabaseQueue(path: path, configuration: configuration) }
        idle = Mutex(Array(connections.indices))
        free = DispatchSemaphore(value: connections.count)
    }

    /// Each statement sees the last commit. With no connection idle, this waits for one.
    ///
    /// - Precondition: not from within another read.
    func read<Result>(_ body: (Database) throws -> Result) rethrows -> Result {
        free.wait()
        // The last that was used: its cache is the warmest.
        let taken = idle.withLock { $0.removeLast() }
        defer {
            idle.withLock { $0.append(taken) }
            free.signal()
        }
        return try connections[taken].unsafeRead(body)
    }

    func close() throws {
        for connection in connections {
            try connection.close()
        }
    }
}
