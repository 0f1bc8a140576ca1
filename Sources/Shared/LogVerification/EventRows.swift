internal import Foundation
internal import GRDB
internal import TransparencyLog

/// The events of a database in the order of their places.
struct EventRows {
    struct Event {
        var runID: Int64?
        var sequence: Int64?
        var line: [UInt8]
    }

    private let rows: RowCursor
    private var ahead: (place: Int64, event: Event)?

    init(_ db: Database, after place: Int64 = .min) throws {
        rows = try Row.fetchCursor(
            db,
            sql: "SELECT place, run_id, sequence, CAST(line AS BLOB) FROM events WHERE place > ? ORDER BY place",
            arguments: [place])
    }

    /// The event of a place; for the place 0 the first of those before. Places have to be asked for in order.
    mutating func next(upTo place: Int64) throws -> Event? {
        if ahead == nil {
            guard let row = try rows.next() else { return nil }
            ahead = (
                row.integer(0) ?? .min,
                Event(runID: row.integer(1), sequence: row.integer(2), line: row.bytes(3) ?? [])
            )
        }
        guard let ahead, ahead.place <= place else { return nil }
        self.ahead = nil
        return ahead.place == place || place == 0 ? ahead.event : try next(upTo: place)
    }
}

/// The hashes of a stored tile, whatever is stored there.
enum StoredTile {
    static func hashes(_ db: Database, level: Int, number: Int64) throws -> [MerkleHash] {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT hashes FROM tiles WHERE level = ? AND number = ?"),
            arguments: [level, number])
        return hashes(row?.bytes(0) ?? [])
    }

    /// What is no whole hash at the end counts as one that nothing equals.
    static func hashes(_ bytes: [UInt8]) -> [MerkleHash] {
        var hashes = stride(from: 0, to: bytes.count / 32 * 32, by: 32).compactMap { MerkleHash(bytes[$0..<$0 + 32]) }
        if !bytes.count.isMultiple(of: 32) { hashes.append(.empty) }
        return hashes
    }
}

/// Whether a database has the tables of a log, and what keeps them from being changed.
enum LogSchema {
    private static let applicationID: Int64 = 0x4573_4C67
    private static let known: Set<String> = [
        "table log", "table runs", "table events", "table nodes", "table tiles", "table checkpoint", "table node_list",
        "table cosignature",
        "trigger events_are_not_changed", "trigger events_are_not_deleted",
    ]

    /// - Returns: whether the tables can be read.
    /// - Throws: ``VerificationError`` where the file is something else.
    static func verify(_ db: Database, path: String, _ findings: inout Findings) throws -> Bool {
        let application: Int64?
        do {
            application = try Int64.fetchOne(db, sql: "PRAGMA application_id")
        } catch let error as DatabaseError {
            throw VerificationError("\(path) is no database: \(error.message ?? "\(error.resultCode)").")
        }
        guard application == applicationID else {
            throw VerificationError("\(path) is not the database of an auditor of Estuary.")
        }
        let version = try Int64.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version >= 4 else {
            throw VerificationError(
                "\(path) is of schema \(version), an earlier version's. Start the auditor of this version once.")
        }
        for row in try Row.fetchAll(db, sql: "PRAGMA integrity_check(20)") {
            let text = String.fromDatabaseValue(row[0] as DatabaseValue) ?? "?"
            if text != "ok" { findings.add(.unreadable, path, "The file is damaged: \(text)") }
        }
        let names = try String.fetchSet(
            db, sql: "SELECT type || ' ' || name FROM sqlite_master WHERE type <> 'index' AND name NOT LIKE 'sqlite_%'")
        for name in known.subtracting(names).sorted() { findings.add(.unreadable, path, "The \(name) is missing.") }
        for name in names.subtracting(known).sorted() {
            findings.add(.unreadable, path, "There is a \(name), which no log of this version has.")
        }
        return !known.subtracting(names).contains { $0.hasPrefix("table ") }
    }
}
