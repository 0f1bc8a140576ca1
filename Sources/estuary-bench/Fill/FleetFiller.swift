internal import Foundation
internal import GRDB
internal import X509

/// Fills the ledger and the event log of a stopped cluster, so that each process takes them for its own; the log's tree and
/// index the auditor makes.
///
/// Written as SQL against the tables that the processes themselves have made: where those change, this fails.
struct FleetFiller {
    let cluster: Cluster
    let count: Int
    /// How many of them are really signed.
    let signedCount: Int

    /// A really signed device: what a re-enrollment needs.
    struct Device: Codable, Sendable {
        var number: Int
        var certificate: Data
    }

    /// - Returns: the really signed devices, spread evenly.
    func fill() async throws -> [Device] {
        let fleet = try prepare()
        let sequence = try Position(cluster)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (ledger, events, folder) = (cluster.ledger, cluster.events, "\(cluster.folder)/auditor")
            group.addTask { try LedgerFill(fleet: fleet, after: sequence.sequence).fill(ledger) }
            group.addTask {
                try LogFill(fleet: fleet, after: sequence).fill(log: events)
                try await LogFollowing.complete(configuration: "\(folder)/configuration.yaml")
            }
            try await group.waitForAll()
        }
        // So that what follows does not pay for it.
        sync()
        return fleet.signed.map { Device(number: $0.key, certificate: $0.value) }.sorted { $0.number < $1.number }
    }

    private func prepare() throws -> FilledFleet {
        let database = try DatabaseQueue(path: cluster.ledger)
        let template = try database.read { try FillTemplate($0) }
        try database.close()
        var fleet = FilledFleet(count: count, now: Int64(Date().timeIntervalSince1970), template: template)
        let key = try Certificate.PrivateKey(
            pemEncoded: try String(
                contentsOfFile: "\(cluster.folder)/signer/authorities/\(template.authority)/key.pem", encoding: .utf8))
        let unsigned = fleet
        for index in 0..<min(signedCount, count) {
            let number = index * count / min(signedCount, count)
            fleet.signed[number] = try template.signedCertificate(unsigned.row(number), key: key)
        }
        return fleet
    }

    /// Where ledger and log end, which must be the same.
    struct Position: Sendable {
        var sequence: Int64
        var place: Int64
        var run: Int64

        init(_ cluster: Cluster) throws {
            let ledger = try DatabaseQueue(path: cluster.ledger)
            let (last, delivered, incarnation) = try ledger.read { db in
                (
                    try Int64.fetchOne(db, sql: "SELECT MAX(sequence) FROM outbox") ?? 0,
                    try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'delivered'") ?? 0,
                    try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'incarnation'") ?? ""
                )
            }
            try ledger.close()
            let log = try DatabaseQueue(path: cluster.events)
            let (row, end) = try log.read { db in
                (
                    try Row.fetchOne(
                        db, sql: "SELECT id, last_sequence FROM runs WHERE run = ?", arguments: [incarnation]),
                    try Int64.fetchOne(db, sql: "SELECT MAX(place) FROM events") ?? 0
                )
            }
            try log.close()
            guard let row, last > 0, delivered == last, (row[1] as Int64) == last else {
                throw BenchFailure("The cluster was stopped before the auditor had every event.")
            }
            (sequence, place, run) = (last, end, row[0])
        }
    }
}

/// Fills the signer's ledger.
private struct LedgerFill {
    let fleet: FilledFleet
    let after: Int64

    func fill(_ path: String) throws {
        let database = try FilledDatabase(path: path)
        try database.withoutIndexes {
            try enterCertificates(database)
            try enterNames(database)
        }
        try database.queue.write { db in
            for counter in ["certificates", "devices"] {
                try db.execute(
                    sql: "UPDATE meta SET value = value + ? WHERE key = ?", arguments: [fleet.count, counter])
                guard db.changesCount == 1 else { throw BenchFailure("The ledger does not count \(counter).") }
            }
            try db.execute(sql: "DELETE FROM outbox WHERE sequence <= ?", arguments: [after])
            try db.execute(
                sql: "UPDATE meta SET value = ? WHERE key = 'delivered'", arguments: [after + Int64(fleet.count)])
        }
        try database.close()
    }

    private func enterCertificates(_ database: FilledDatabase) throws {
        try database.fill("ledger", count: fleet.count) { db, number in
            let row = fleet.row(number)
            let authority = fleet.template.authority
            let seconds = row.issuedAt / 1000
            try db.cachedStatement(
                sql: """
                    INSERT INTO certificate
                        (authority, serial, device, der, label, profile, node, issued_at, not_before, not_after)
                    VALUES (?, ?, ?, ?, 'default', 'device', 'frontend-1', ?, ?, ?)
                    """
            ).execute(arguments: [
                authority, row.serial, row.device, row.der, row.issuedAt, row.notBefore, row.notAfter,
            ])
            try db.cachedStatement(
                sql: """
                    INSERT INTO device (id, subject, label, first_seen, last_renewed, expires)
                    VALUES (?, ?, 'default', ?, ?, ?)
                    """
            ).execute(arguments: [
                row.device, fleet.template.deviceSubject(name: row.name), seconds, seconds, row.notAfter,
            ])
            if row.isReplayed {
                try db.cachedStatement(
                    sql: """
                        INSERT INTO outcome (digest, authority, serial, replay_until, replay_until_if_spent)
                        VALUES (?, ?, ?, ?, ?)
                        """
                ).execute(arguments: [fleet.digest(number), authority, row.serial, seconds + 86400, seconds + 86400])
            }
            if row.isInOutbox {
                let sequence = after + 1 + Int64(number)
                try db.cachedStatement(sql: "INSERT INTO outbox (sequence, line, recorded_at) VALUES (?, ?, ?)")
                    .execute(arguments: [sequence, fleet.event(number, row, sequence: sequence), seconds])
            }
        }
    }

    /// In the order of the names: the table is a tree by name, and grows at its end then.
    private func enterNames(_ database: FilledDatabase) throws {
        let order = (0..<fleet.count).map { UInt64(DeviceName.scrambled($0)) << 32 | UInt64($0) }.sorted()
        try database.fill("names", count: order.count) { db, index in
            let number = Int(order[index] & 0xffff_ffff)
            let serial = fleet.serial(number)
            let row = fleet.row(number)
            try db.cachedStatement(
                sql: "INSERT INTO name (name, device, key_sha256, held_until, bound_at) VALUES (?, ?, ?, ?, ?)"
            ).execute(arguments: [
                fleet.template.heldName(name: row.name), serial.prefix(8).reduce(0) { $0 << 8 | Int64($1) },
                fleet.keySHA256(number), row.notAfter, row.issuedAt,
            ])
        }
    }
}

/// Fills the auditor's log.
private struct LogFill {
    let fleet: FilledFleet
    let after: FleetFiller.Position

    func fill(log path: String) throws {
        let database = try FilledDatabase(path: path)
        try database.fill("log", count: fleet.count) { db, number in
            let row = fleet.row(number)
            let sequence = after.sequence + 1 + Int64(number)
            try db.cachedStatement(
                sql: "INSERT INTO events (place, run_id, sequence, line) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [
                after.place + 1 + Int64(number), after.run, sequence, fleet.event(number, row, sequence: sequence),
            ])
        }
        try database.queue.write { db in
            try db.execute(
                sql: "UPDATE runs SET last_sequence = last_sequence + ?, last_event_at = ? WHERE id = ?",
                arguments: [fleet.count, fleet.row(fleet.count - 1).issuedAt / 1000, after.run])
        }
        try database.close()
    }
}
