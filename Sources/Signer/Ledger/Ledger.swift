internal import ClusterProtocol
internal import FaultInjection
internal import Foundation
internal import GRDB
internal import PKI
internal import Synchronization

/// The signer's record of everything that it has issued, and of everything that decides what it will issue.
///
/// SQLite in WAL mode with `synchronous=FULL`: what is committed survives a power failure. There is one writer
/// (``LedgerWriter``); readers see the last commit.
final class Ledger: Sendable {
    let writer: LedgerWriter
    private let connection: DatabaseQueue
    private let readers: LedgerReaders
    private let currentIncarnation: Mutex<String>
    private let faults: FaultHook

    /// Opens the ledger, creating or migrating it where needed.
    ///
    /// - Parameter authorities: the SHA-256 of each authority's public key by the authority's name. A ledger that
    ///   knows an authority under another key is refused.
    /// - Throws: ``LedgerError`` for a ledger of a newer schema, of another CA, or on storage that is not durable;
    ///   `DatabaseError` where the file can't be opened.
    init(
        path: String, authorities: [String: [UInt8]], limits: LedgerLimits = LedgerLimits(),
        faults: FaultHook = .none, failStop: @escaping @Sendable (any Error) -> Never
    ) throws {
        var configuration = Configuration()
        configuration.label = "ledger"
        configuration.busyMode = .timeout(5)
        configuration.journalMode = .wal
        connection = try DatabaseQueue(path: path, configuration: configuration)
        // GRDB's WAL mode leaves `synchronous` at NORMAL, set after its own preparation: only here does FULL stay.
        try connection.writeWithoutTransaction { db in
            // Some hot pages are changed by every transaction: the fewer checkpoints, the fewer times they are copied.
            // The cache keeps the inner pages of the indexes of millions of names in memory (in KiB, negative).
            try db.execute(
                sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -65536")
        }
        try Self.migrate(connection, path: path, faults: faults)
        try Self.check(connection, path: path, authorities: authorities)
        currentIncarnation = Mutex(try Self.incarnation(connection))
        readers = try LedgerReaders(path: path, count: limits.readers)
        writer = LedgerWriter(
            connection: connection, limits: limits, faults: faults, failStop: failStop)
        self.faults = faults
    }

    /// Names this life of the ledger: a restored backup starts a new one, with its own event numbers.
    var incarnation: String { currentIncarnation.withLock { $0 } }

    /// What becomes of the events when a new life of the ledger begins.
    enum FormerEvents {
        /// The auditor has others under their numbers: those that it has not acknowledged go along under new numbers.
        /// Their identifiers stay, so that one which the auditor had after all is recognised.
        case renumbered
        /// They are the auditor's too, and stay what they are, for as long as it may have to be filled again.
        case kept
    }

    /// The entry that names the life before this one.
    static let formerIncarnation = "former_incarnation"

    /// Starts a new life of a ledger that was restored or has parted from the auditor's log, its events numbered anew.
    ///
    /// - Parameter also: does more in the same transaction; gets the new life's name.
    func startNewIncarnation(
        formerEvents: FormerEvents = .renumbered, also: (Database, String) throws -> Void = { _, _ in }
    ) throws {
        let new = UUID().uuidString.lowercased()
        try faults.around(.incarnationCommit) {
            try connection.write { db in
                switch formerEvents {
                case .renumbered: try renumberEvents(db, of: new)
                case .kept:
                    try FormerOutboxTable.take(db, run: incarnation)
                    try FormerOutboxTable.setDelivered(db, run: incarnation, try OutboxTable.deliveredSequence(db))
                }
                try OutboxTable.setDelivered(db, 0)
                try MetaTable.set(db, Self.formerIncarnation, incarnation)
                try MetaTable.set(db, "incarnation", new)
                try RestoreTable.end(db)
                try also(db, new)
            }
        }
        currentIncarnation.withLock { $0 = new }
    }

    private func renumberEvents(_ db: Database, of run: String) throws {
        let kept = try Row.fetchAll(
            db, sql: "SELECT line, recorded_at FROM outbox WHERE sequence > ? ORDER BY sequence",
            arguments: [try OutboxTable.deliveredSequence(db)])
        try db.execute(sql: "DELETE FROM outbox")
        for row in kept {
            var event = try AuditEvent(line: row["line"])
            event.run = run
            try OutboxTable.append(db, UnnumberedEventLine(event), at: row["recorded_at"])
        }
    }

    /// Reads from the last commit.
    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try readers.read(body)
    }

    /// What SQLite says of its durability, read back from the writer's own connection.
    func durability() throws -> (journalMode: String, synchronous: Int) {
        try connection.writeWithoutTransaction { db in
            (
                try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "",
                try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1
            )
        }
    }

    func close() throws {
        try readers.close()
        try connection.close()
    }

    private static func migrate(_ connection: DatabaseQueue, path: String, faults: FaultHook) throws {
        let migrator = LedgerSchema.migrator
        guard try connection.read({ try !migrator.hasBeenSuperseded($0) }) else {
            throw LedgerError.newerSchema(path: path)
        }
        try faults.around(.ledgerSchema) { try migrator.migrate(connection) }
        let (mode, synchronous) = try connection.writeWithoutTransaction { db in
            (
                try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "",
                try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1
            )
        }
        guard mode == "wal", synchronous == 2 else {
            throw LedgerError.notDurable("journal_mode is \(mode), synchronous is \(synchronous)")
        }
    }

    private static func check(_ connection: DatabaseQueue, path: String, authorities: [String: [UInt8]]) throws {
        try connection.write { db in
            if let name = try AuthorityTable.contradiction(db, authorities) {
                throw LedgerError.anotherAuthority(path: path, name: name)
            }
            try AuthorityTable.enter(db, authorities)
        }
    }

    /// Refuses authorities that this ledger knows under other keys.
    ///
    /// - Parameter authorities: the SHA-256 of each authority's public key by the authority's name.
    func requireKeys(_ authorities: [String: [UInt8]]) throws {
        if let name = try read({ try AuthorityTable.contradiction($0, authorities) }) {
            throw LedgerError.anotherAuthority(path: connection.path, name: name)
        }
    }

    private static func incarnation(_ connection: DatabaseQueue) throws -> String {
        try connection.write { db in
            if let known = try MetaTable.string(db, "incarnation") {
                return known
            }
            let new = UUID().uuidString.lowercased()
            try MetaTable.set(db, "incarnation", new)
            return new
        }
    }
}

/// The ledger's bounds.
struct LedgerLimits: Sendable {
    /// Operations in one transaction.
    var batch = 512
    /// Operations that wait for the disk.
    var waiting = 8192
    /// The longest that a transaction waits for operations that are on their way.
    var gathering = Duration.milliseconds(4)
    /// Concurrent readers.
    var readers = 4
}

/// How many rows there are, so that nobody has to count them.
struct LedgerCounts: Sendable {
    var certificates: Int64 = 0
    var devices: Int64 = 0

    static func += (counts: inout LedgerCounts, further: LedgerCounts) {
        counts.certificates += further.certificates
        counts.devices += further.devices
    }

    /// Adds what is not zero.
    func add(to db: Database) throws {
        if certificates != 0 { try MetaTable.add(db, "certificates", certificates) }
        if devices != 0 { try MetaTable.add(db, "devices", devices) }
    }
}

/// Facts about the ledger itself, by key.
enum MetaTable {
    static func string(_ db: Database, _ key: String) throws -> String? {
        try String.fetchOne(db.cachedStatement(sql: "SELECT value FROM meta WHERE key = ?"), arguments: [key])
    }

    static func data(_ db: Database, _ key: String) throws -> Data? {
        try Data.fetchOne(db.cachedStatement(sql: "SELECT value FROM meta WHERE key = ?"), arguments: [key])
    }

    static func integer(_ db: Database, _ key: String) throws -> Int64? {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT value FROM meta WHERE key = ?"), arguments: [key])
    }

    static func set(_ db: Database, _ key: String, _ value: some DatabaseValueConvertible) throws {
        try db.cachedStatement(
            sql: "INSERT INTO meta (key, value) VALUES (?, ?) "
                + "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        ).execute(arguments: [key, value])
    }

    /// Adds to a counter that starts at 0.
    static func add(_ db: Database, _ key: String, _ difference: Int64) throws {
        try db.cachedStatement(
            sql: "INSERT INTO meta (key, value) VALUES (?, ?) "
                + "ON CONFLICT (key) DO UPDATE SET value = value + excluded.value"
        ).execute(arguments: [key, difference])
    }
}
