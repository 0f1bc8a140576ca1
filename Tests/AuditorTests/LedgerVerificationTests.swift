internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import GRDB
internal import LogVerification
internal import Testing
internal import TransparencyLog

@testable internal import Auditor

/// Issued ⇔ logged: the log against a copy of the signer's ledger.
@Suite struct LedgerVerificationTests {
    let folder: TemporaryFolder
    let path: String
    let ledger: String
    /// Its run is the ledger's incarnation.
    let signer = Source(name: "signer", run: "incarnation")

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("events.sqlite")
        ledger = folder.file("ledger.sqlite")
    }

    private static func der(_ number: Int) -> Data { Data("certificate \(number)".utf8) }
    private static func serial(_ number: Int) -> String { String(format: "00ab%04d", number) }

    private func issued(_ number: Int, at sequence: Int64) throws -> String {
        try signer.line(sequence, .issued) { event in
            event.authority = "devices"
            event.serial = Self.serial(number)
            event.fingerprint = SHA256.hash(data: Self.der(number)).map { String(format: "%02x", $0) }.joined()
        }
    }

    private func revoked(_ number: Int, at sequence: Int64) throws -> String {
        try signer.line(sequence, .revoked) { event in
            event.authority = "devices"
            event.serial = Self.serial(number)
        }
    }

    /// Twenty certificates, of which the third is revoked, all logged; the ledger keeps the last five events.
    private func make() async throws -> VerificationOptions {
        let lines = try (1...20).map { try issued($0, at: Int64($0)) } + [try revoked(3, at: 21)]
        let key = try await withStore(at: path) { store in
            _ = try await store.append(source: "signer", signer.request(lines))
            return store.logKey
        }
        try await change(
            """
            CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
            CREATE TABLE certificate (authority TEXT, serial BLOB, der BLOB, issued_at INTEGER, revoked_at INTEGER,
                PRIMARY KEY (authority, serial)) WITHOUT ROWID;
            CREATE TABLE outbox (sequence INTEGER PRIMARY KEY, line TEXT NOT NULL);
            INSERT INTO meta VALUES ('incarnation', 'incarnation'), ('delivered', 21);
            """)
        for number in 1...20 { try await enter(number) }
        try await change("UPDATE certificate SET revoked_at = 1800000000 WHERE serial = x'\(Self.serial(3))'")
        for (offset, line) in lines.enumerated().suffix(5) { try await keep(line, offset + 1) }
        var options = VerificationOptions(key: key)
        options.ledger = ledger
        return options
    }

    private func change(_ sql: String) async throws {
        try await DatabaseQueue(path: ledger).write { try $0.execute(sql: sql) }
    }

    private func enter(_ number: Int) async throws {
        try await DatabaseQueue(path: ledger).write { db in
            try db.execute(
                sql: "INSERT INTO certificate VALUES ('devices', x'\(Self.serial(number))', ?, 1800000000000, NULL)",
                arguments: [Self.der(number)])
        }
    }

    private func keep(_ line: String, _ sequence: Int) async throws {
        try await DatabaseQueue(path: ledger).write { db in
            try db.execute(sql: "INSERT INTO outbox VALUES (?, ?)", arguments: [sequence, line])
        }
    }

    @Test func aLogThatTellsOfEveryCertificateIsClean() async throws {
        let report = try StoreVerification.run(path, try await make())
        #expect(report.findings.kept == [])
        #expect(report.ledger?.certificates == 20 && report.ledger?.revocations == 1)
    }

    @Test(arguments: [
        ("INSERT INTO certificate VALUES ('devices', x'99', x'00', 1, NULL)", "issued, and is not logged"),
        ("DELETE FROM certificate WHERE serial = x'00ab0007'", "logged as issued"),
        ("UPDATE certificate SET der = x'00' WHERE serial = x'00ab0007'", "another certificate"),
        ("UPDATE certificate SET revoked_at = 1 WHERE serial = x'00ab0007'", "revoked, and that is not logged"),
        ("UPDATE certificate SET revoked_at = NULL", "logged as revoked"),
        ("UPDATE outbox SET line = replace(line, '00ab0019', '00ab0018') WHERE sequence = 19", "outbox"),
    ])
    func whatTheTwoDoNotAgreeInIsFound(sql: String, text: String) async throws {
        let options = try await make()
        try await change(sql)
        let findings = try StoreVerification.run(path, options).findings.kept
        #expect(findings.count == 1 && findings.first?.kind == .ledger, "\(findings)")
        #expect(findings.first?.text.contains(text) == true, "\(findings)")
    }

    /// The two copies are never of the same moment.
    @Test func whatIsUnderWayIsNoFinding() async throws {
        let options = try await make()
        try await enter(21)
        try await keep(try issued(21, at: 22), 22)
        try await keep(try revoked(5, at: 23), 23)
        try await change("UPDATE certificate SET revoked_at = 1 WHERE serial = x'00ab0005'")
        let waiting = try StoreVerification.run(path, options)
        #expect(waiting.findings.kept == [] && waiting.ledger?.waiting == 2)

        try await withStore(at: path) { store in
            let lines = try [issued(21, at: 22), revoked(5, at: 23), issued(22, at: 24), revoked(6, at: 25)]
            _ = try await store.append(source: "signer", signer.request(lines, from: 22))
        }
        let newer = try StoreVerification.run(path, options)
        #expect(newer.findings.kept == [] && newer.ledger?.newer == 2 && newer.ledger?.waiting == 0)
    }

    @Test func aCertificateThatIsLoggedTwiceIsFound() async throws {
        let options = try await make()
        try await withStore(at: path) { store in
            _ = try await store.append(source: "signer", signer.request([try issued(1, at: 22)], from: 22))
        }
        let findings = try StoreVerification.run(path, options).findings.kept
        #expect(findings.contains { $0.text.contains("a second time") })
    }

    @Test func anotherFileIsNoLedger() async throws {
        var options = try await make()
        options.ledger = path
        #expect(throws: VerificationError.self) { try StoreVerification.run(path, options) }
    }
}
