internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import GRDB
internal import TransparencyLog

/// Whether what the signer's ledger tells and what the log tells are the same: issued ⇔ logged, revoked ⇔ logged.
///
/// What the events tell goes into a database of its own that is gone afterwards: a fleet's certificates need not fit
/// into memory.
final class LedgerCheck {
    private let ledger: DatabaseQueue
    private let logged: DatabaseQueue
    /// The ledger's own run, and which of its events it still has.
    private let run: String
    private let lastSequence: Int64
    private let firstKept: Int64
    private var batch: [(event: AuditEvent, place: Int64, hash: Data)] = []
    /// When the oldest of the signer's events happened that were read, in seconds since 1970.
    private var firstTime: Int64?

    private static let batchSize = 2000

    private static let schema = """
        CREATE TABLE issued (
            authority TEXT NOT NULL, serial BLOB NOT NULL, fingerprint BLOB, id TEXT NOT NULL, place INTEGER NOT NULL,
            is_newer INTEGER NOT NULL, PRIMARY KEY (authority, serial)) WITHOUT ROWID;
        CREATE TABLE revoked (
            authority TEXT NOT NULL, serial BLOB NOT NULL, place INTEGER NOT NULL, is_newer INTEGER NOT NULL,
            PRIMARY KEY (authority, serial)) WITHOUT ROWID;
        CREATE TABLE twice (authority TEXT NOT NULL, serial BLOB NOT NULL, place INTEGER NOT NULL);
        CREATE TABLE lines (sequence INTEGER PRIMARY KEY, hash BLOB NOT NULL, place INTEGER NOT NULL);
        """

    /// - Throws: ``VerificationError`` where the file is no ledger.
    init(path: String) throws {
        ledger = try DatabaseCopy.open(path)
        // The empty path: a file that SQLite deletes by itself.
        logged = try DatabaseQueue(path: "")
        do {
            (run, firstKept, lastSequence) = try ledger.read { db in
                let bounds = try Row.fetchOne(db, sql: "SELECT min(sequence), max(sequence) FROM outbox")
                let delivered = try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'delivered'") ?? 0
                return (
                    try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'incarnation'") ?? "",
                    bounds?.integer(0) ?? .max, bounds?.integer(1) ?? delivered
                )
            }
        } catch let error as DatabaseError {
            throw VerificationError("\(path) is no ledger of a signer: \(error.message ?? "\(error)")")
        }
        try logged.write { try $0.execute(sql: Self.schema) }
    }

    /// The checkpoint that the signer has cosigned last; nil where it has not.
    ///
    /// - Throws: ``VerificationError`` where it is of another log.
    func witnessed(log key: NoteVerifierKey) throws -> Checkpoint? {
        let note = try ledger.read { db in
            try Row.fetchOne(db, sql: "SELECT CAST(value AS BLOB) FROM meta WHERE key = 'witness:checkpoint'")?.bytes(0)
        }
        guard let note else { return nil }
        do {
            return try Checkpoint.verified(SignedNote(parsing: note), by: key)
        } catch let error as TransparencyLogError {
            throw VerificationError("The ledger is the witness of another log. \(error)")
        }
    }

    func append(_ event: AuditEvent, line: [UInt8], place: Int64) throws {
        guard event.source == AuditEvent.signerSource else { return }
        if firstTime == nil { firstTime = EventSeconds.of(event.time) }
        batch.append((event, place, Data(SHA256.hash(data: line))))
        if batch.count >= Self.batchSize { try store() }
    }

    private func store() throws {
        let events = batch
        batch = []
        try logged.write { db in
            for (event, place, hash) in events {
                if event.run == run, event.sequence >= firstKept, event.sequence <= lastSequence {
                    try db.cachedStatement(sql: "INSERT OR IGNORE INTO lines (sequence, hash, place) VALUES (?, ?, ?)")
                        .execute(arguments: [event.sequence, hash, place])
                }
                guard let authority = event.authority, let serial = event.serial.flatMap(Self.bytes) else { continue }
                let isNewer = event.run == run && event.sequence > lastSequence
                switch event.type {
                case .issued, .nodeCertificateIssued, .responderCertificateIssued:
                    try issued(event, authority: authority, serial: serial, place: place, isNewer: isNewer, db)
                case .revoked:
                    try db.cachedStatement(
                        sql: "INSERT OR IGNORE INTO revoked (authority, serial, place, is_newer) VALUES (?, ?, ?, ?)"
                    ).execute(arguments: [authority, serial, place, isNewer])
                default: break
                }
            }
        }
    }

    private func issued(
        _ event: AuditEvent, authority: String, serial: Data, place: Int64, isNewer: Bool, _ db: Database
    ) throws {
        try db.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO issued (authority, serial, fingerprint, id, place, is_newer)
                VALUES (?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            authority, serial, event.fingerprint.flatMap(Self.bytes), event.id, place, isNewer,
        ])
        guard db.changesCount == 0 else { return }
        // A signer that was restored sends again what it does not know to be stored: the same event, by its identifier.
        let known = try String.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM issued WHERE authority = ? AND serial = ?"),
            arguments: [authority, serial])
        if known != event.id {
            try db.execute(
                sql: "INSERT INTO twice (authority, serial, place) VALUES (?, ?, ?)",
                arguments: [authority, serial, place])
        }
    }

    /// - Parameter hasAllEvents: whether the events were read from the log's first on.
    func finish(
        runs: [SequenceCheck.Run: SequenceCheck.State], hasAllEvents: Bool, findings: inout Findings
    ) throws -> LedgerReport {
        try store()
        var report = LedgerReport()
        var found = Findings()
        let last = runs[.init(source: AuditEvent.signerSource, run: run)]?.last ?? 0
        try logged.read { log in
            try ledger.read { db in
                var waiting = try compareOutbox(db, log, loggedUpTo: last, &found)
                try waiting.addFormerEvents(db, runs)
                try compareCertificates(db, log, waiting, hasAllEvents: hasAllEvents, &report, &found)
                try compareEvents(db, log, &report, &found)
            }
            for row in try Row.fetchAll(log, sql: "SELECT authority, serial, place FROM twice LIMIT 1001") {
                found.add(
                    .ledger, "events, place \(row.integer(2) ?? 0)",
                    "The certificate \(Self.name(row)) is logged as issued for a second time.")
            }
        }
        findings.add(found)
        return report
    }

    private struct Waiting {
        var issued: Set<Data> = []
        var revoked: Set<Data> = []

        mutating func add(_ line: [UInt8]) {
            guard let event = String(validating: line, as: UTF8.self).flatMap({ try? AuditEvent(line: $0) }),
                let authority = event.authority, let serial = event.serial.flatMap(LedgerCheck.bytes)
            else { return }
            let key = Data(authority.utf8) + [0] + serial
            switch event.type {
            case .issued, .nodeCertificateIssued, .responderCertificateIssued: issued.insert(key)
            case .revoked: revoked.insert(key)
            default: break
            }
        }

        /// A restored ledger keeps the events of its life before, in case that the auditor is to be filled again.
        mutating func addFormerEvents(_ db: Database, _ runs: [SequenceCheck.Run: SequenceCheck.State]) throws {
            guard try db.tableExists("former_outbox") else { return }
            let rows = try Row.fetchCursor(
                db, sql: "SELECT CAST(run AS BLOB), sequence, CAST(line AS BLOB) FROM former_outbox")
            while let row = try rows.next() {
                guard let run = row.text(0), let sequence = row.integer(1), let line = row.bytes(2) else { continue }
                if sequence > runs[.init(source: AuditEvent.signerSource, run: run)]?.last ?? 0 { add(line) }
            }
        }
    }

    /// What was sent has to be what is logged; what was not sent yet is no fault.
    private func compareOutbox(
        _ db: Database, _ log: Database, loggedUpTo last: Int64, _ findings: inout Findings
    ) throws -> Waiting {
        var waiting = Waiting()
        let rows = try Row.fetchCursor(db, sql: "SELECT sequence, CAST(line AS BLOB) FROM outbox ORDER BY sequence")
        while let row = try rows.next() {
            guard let sequence = row.integer(0), let line = row.bytes(1) else { continue }
            if sequence > last {
                waiting.add(line)
                continue
            }
            guard
                let known = try Row.fetchOne(
                    log.cachedStatement(sql: "SELECT hash, place FROM lines WHERE sequence = ?"),
                    arguments: [sequence])
            else { continue }
            if known.bytes(0) != Array(SHA256.hash(data: line)) {
                findings.add(
                    .ledger, "events, place \(known.integer(1) ?? 0)",
                    "The event is another than number \(sequence) in the ledger's outbox.")
            }
        }
        return waiting
    }

    private func compareCertificates(
        _ db: Database, _ log: Database, _ waiting: Waiting, hasAllEvents: Bool, _ report: inout LedgerReport,
        _ findings: inout Findings
    ) throws {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT CAST(authority AS BLOB), serial, der, revoked_at, issued_at FROM certificate")
        let issued = try log.cachedStatement(
            sql: "SELECT fingerprint, place FROM issued WHERE authority = ? AND serial = ?")
        let revoked = try log.cachedStatement(sql: "SELECT 1 FROM revoked WHERE authority = ? AND serial = ?")
        while let row = try rows.next() {
            guard let authority = row.text(0), let serial = row.bytes(1).map({ Data($0) }), let der = row.bytes(2)
            else {
                findings.add(.ledger, "ledger, certificate", "A row can't be read.")
                continue
            }
            report.certificates += 1
            let name = Self.name(row)
            let key = Data(authority.utf8) + [0] + serial
            // Its events may be older than those that are there.
            let mayBePruned = !hasAllEvents && (row.integer(4) ?? 0) / 1000 <= firstTime ?? .max
            if let event = try Row.fetchOne(issued, arguments: [authority, serial]) {
                if event.bytes(0) != Array(SHA256.hash(data: der)) {
                    findings.add(
                        .ledger, "events, place \(event.integer(1) ?? 0)",
                        "The ledger has another certificate under \(name) than was logged.")
                }
            } else if waiting.issued.contains(key) {
                report.waiting += 1
            } else if mayBePruned {
                report.pruned += 1
            } else {
                findings.add(.ledger, "ledger, certificate \(name)", "The certificate was issued, and is not logged.")
            }
            guard row.integer(3) != nil else { continue }
            report.revocations += 1
            if try Row.fetchOne(revoked, arguments: [authority, serial]) != nil { continue }
            if waiting.revoked.contains(key) {
                report.waiting += 1
            } else if hasAllEvents || (row.integer(3) ?? 0) > firstTime ?? .max {
                findings.add(
                    .ledger, "ledger, certificate \(name)", "The certificate was revoked, and that is not logged.")
            }
        }
    }

    private func compareEvents(
        _ db: Database, _ log: Database, _ report: inout LedgerReport, _ findings: inout Findings
    ) throws {
        let select = try db.cachedStatement(
            sql: "SELECT revoked_at FROM certificate WHERE authority = ? AND serial = ?")
        for (table, what) in [("issued", "issued"), ("revoked", "revoked")] {
            let rows = try Row.fetchCursor(
                log, sql: "SELECT CAST(authority AS BLOB), serial, place, is_newer FROM \(table)")
            while let row = try rows.next() {
                guard let authority = row.text(0), let serial = row.bytes(1).map({ Data($0) }) else { continue }
                let known = try Row.fetchOne(select, arguments: [authority, serial])
                if let known, table == "issued" || known.integer(0) != nil { continue }
                if row.integer(3) == 1 {
                    report.newer += 1
                } else {
                    findings.add(
                        .ledger, "events, place \(row.integer(2) ?? 0)",
                        "The certificate \(Self.name(row)) is logged as \(what), and the ledger does not know that.")
                }
            }
        }
    }

    /// For rows that begin with authority and serial number.
    private static func name(_ row: Row) -> String {
        let serial = (row.bytes(1) ?? []).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let authority = row.text(0) ?? String.fromDatabaseValue(row[0] as DatabaseValue) ?? "?"
        return "\(authority) \(serial)"
    }

    fileprivate static func bytes(_ hexadecimal: String) -> Data? {
        let digits = hexadecimal.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
        return Data(
            stride(from: 0, to: digits.count, by: 2).map { UInt8((digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0)) })
    }
}
