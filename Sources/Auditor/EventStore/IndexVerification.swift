internal import Foundation
internal import GRDB
package import LogVerification

/// Whether a search index is the one that its log makes: what is found, counted and shown of it.
///
/// The log is read as it is; whether that is what was signed, ``StoreVerification`` says. The index is made anew beside
/// it, which takes as long as it does for the auditor, and every row is compared.
package struct IndexVerification {
    private static let batchSize = 500

    private let name: String
    private var findings = Findings()
    private var remarks: [String] = []

    /// - Returns: what is wrong, and what could not be compared.
    /// - Throws: where the log can't be read, or there is no room for a second index.
    package static func run(log: String, index: String) throws -> (findings: Findings, remarks: [String]) {
        guard FileManager.default.isReadableFile(atPath: index) else {
            throw VerificationError("\(index) can't be read.")
        }
        let folder = NSTemporaryDirectory() + "estuary-index-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var verification = IndexVerification(name: index)
        try verification.compare(log: log, index: index, folder: folder)
        return (verification.findings, verification.remarks)
    }

    private init(name: String) {
        self.name = URL(fileURLWithPath: name).lastPathComponent
    }

    private mutating func compare(log path: String, index: String, folder: String) throws {
        var readOnly = Configuration()
        readOnly.readonly = true
        readOnly.busyMode = .timeout(5)
        // A copy: the full-text table's own check has to be written, and the auditor goes on meanwhile.
        let copy = try DatabaseQueue(path: folder + "/copy")
        let last: Int64
        do {
            let source = try DatabaseQueue(path: index, configuration: readOnly)
            try source.backup(to: copy)
            last = try copy.read { try Int64.fetchOne($0, sql: "SELECT max(place) FROM entries") ?? 0 }
        } catch let error as DatabaseError {
            damaged("entries", error)
            return
        }
        let log = try DatabaseQueue(path: path, configuration: readOnly)
        let (identity, pruned, size) = try log.read { db in
            (
                try String.fetchOne(db, sql: "SELECT identity FROM log") ?? "", try LogPruning.pruned(db),
                try LogAppend.logSize(db)
            )
        }
        guard last <= size else {
            findings.add(.index, "\(name), entries", "It has \(last) events, and the log has \(size).")
            return
        }
        if last < size { remarks.append("The search index is \(size - last) events behind the log.") }
        if pruned > 0 {
            remarks.append("What the search index counts goes back to pruned events: its counts were not compared.")
        }
        let fresh = try IndexDatabase.create(path: folder + "/fresh", identity: identity)
        try fill(fresh, from: log, upTo: last)
        try fresh.read { fresh in
            try copy.writeWithoutTransaction { copy in
                try compareTables(fresh, copy, arePruned: pruned > 0)
                try compareTerms(fresh, copy, after: pruned)
            }
        }
        try fresh.close()
    }

    private func fill(_ fresh: DatabasePool, from log: DatabaseQueue, upTo last: Int64) throws {
        var place: Int64 = 0
        while place < last {
            let entries = try log.read { db in
                try Row.fetchAll(
                    db, sql: "SELECT place, line FROM events WHERE place > ? AND place <= ? ORDER BY place LIMIT ?",
                    arguments: [place, last, Self.batchSize]
                ).map { IndexEntry(place: $0[0], line: $0[1]) }
            }
            guard let end = entries.last else { return }
            try fresh.write { try IndexDatabase.insert(entries, $0) }
            place = end.place
        }
    }

    // MARK: Rows

    private mutating func compareTables(_ fresh: Database, _ copy: Database, arePruned: Bool) throws {
        let version = "PRAGMA user_version"
        guard try Int64.fetchOne(fresh, sql: version) == Int64.fetchOne(copy, sql: version) else {
            findings.add(.index, name, "It is of another version: the auditor makes it anew when it starts.")
            return
        }
        let tables = try String.fetchAll(
            fresh,
            sql: """
                SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'found' AND name NOT LIKE 'found\\_%'
                    ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name
                """)
        for table in tables where !arePruned || ["entries", "owner"].contains(table) {
            do {
                try compare(table, fresh, copy)
            } catch let error as DatabaseError {
                damaged(table, error)
            }
        }
    }

    /// Both in the order of their keys: the first row that the other does not have is the one that is named.
    private mutating func compare(_ table: String, _ fresh: Database, _ copy: Database) throws {
        let keys = try String.fetchAll(
            fresh, sql: "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", arguments: [table])
        let sql = "SELECT * FROM \(table) ORDER BY \(keys.isEmpty ? "rowid" : keys.joined(separator: ", "))"
        let (expected, found) = (try Row.fetchCursor(fresh, sql: sql), try Row.fetchCursor(copy, sql: sql))
        while true {
            let (one, other) = (try expected.next(), try found.next())
            guard let one, let other else {
                if let row = one ?? other {
                    findings.add(
                        .index, "\(name), \(table)", "A row is \(one == nil ? "too much" : "missing"): \(brief(row)).")
                }
                return
            }
            for (column, value) in zip(one.columnNames, one.databaseValues) {
                let stored = other[column] as DatabaseValue
                guard stored != value else { continue }
                findings.add(
                    .index, "\(name), \(table).\(column)",
                    "In the row \(brief(other)) stands another value than the log makes of it.")
                // After a key that differs nothing stands beside its own any more.
                if keys.contains(column) { return }
            }
        }
    }

    private func brief(_ row: Row) -> String {
        row.databaseValues.prefix(3).map { "\($0)".prefix(60) }.joined(separator: ", ")
    }

    // MARK: Full text

    private mutating func compareTerms(_ fresh: Database, _ copy: Database, after pruned: Int64) throws {
        do {
            try copy.execute(sql: "INSERT INTO found (found) VALUES ('integrity-check')")
            for db in [fresh, copy] {
                try db.execute(
                    sql: "CREATE VIRTUAL TABLE temp.instances USING fts5vocab('main', 'found', 'instance')")
            }
            let sql = "SELECT term, doc FROM temp.instances WHERE doc > ?"
            let expected = try Row.fetchCursor(fresh, sql: sql, arguments: [pruned])
            let found = try Row.fetchCursor(copy, sql: sql, arguments: [pruned])
            while true {
                let (one, other) = (try expected.next(), try found.next())
                if one == nil, other == nil { return }
                if one != other {
                    findings.add(
                        .index, "\(name), found",
                        "Event \((one ?? other)?[1] as DatabaseValue? ?? .null) is found by other words than it has.")
                    return
                }
            }
        } catch let error as DatabaseError {
            damaged("found", error)
        }
    }

    private mutating func damaged(_ table: String, _ error: DatabaseError) {
        findings.add(.index, "\(name), \(table)", "It is damaged: \(error.message ?? "\(error.resultCode)").")
    }
}
