internal import GRDB
internal import Synchronization

/// The ledger's connections that only read, each for one reader at a time.
///
/// GRDB's pool would do, but it asks for the schema's version before each read and hands its connections out under locks
/// of its own: together that costs several times what a look-up by key does (docs/performance.md).
final class LedgerReaders: Sendable {
    private let connections: [DatabaseQueue]
    private let idle: Mutex<[Int]>

    /// - Parameter count: how many reads there are at once; further ones wait.
    init(path: String, count: Int) throws {
        var configuration = Configuration()
        configuration.label = "ledger reader"
        configuration.busyMode = .timeout(5)
        configuration.readonly = true
        configuration.prepareDatabase { db in
            // Pages that have been checkpointed are read where they lie: each commit empties a reader's own cache.
            try db.execute(sql: "PRAGMA mmap_size = 1073741824")
        }
        connections = try (0..<max(1, count)).map { _ in try DatabaseQueue(path: path, configuration: configuration) }
        idle = Mutex(Array(connections.indices))
    }

    /// Each statement sees the last commit.
    func read<Result>(_ body: (Database) throws -> Result) rethrows -> Result {
        let taken = idle.withLock { $0.popLast() }
        defer {
            if let taken { idle.withLock { $0.append(taken) } }
        }
        // With none idle, this waits for one that is not.
        return try connections[taken ?? 0].unsafeRead(body)
    }

    func close() throws {
        for connection in connections {
            try connection.close()
        }
    }
}
