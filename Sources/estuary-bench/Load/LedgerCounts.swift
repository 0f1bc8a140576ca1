internal import GRDB

/// What a stopped cluster has of its devices: certificates in the ledger, and events of their issuance in the log.
struct LedgerCounts {
    private var certificates: Int
    private var events: Int

    init(_ cluster: Cluster) throws {
        certificates = try Self.count(
            cluster.ledger, "SELECT COUNT(*) FROM certificate WHERE device IS NOT NULL")
        // The index has what the log has, which the auditor checks at its start.
        events = try Self.count(cluster.events + ".index", "SELECT COUNT(*) FROM entries WHERE type = 'issued'")
    }

    /// - Throws: ``BenchFailure`` unless exactly so many have come, each with its event.
    func requireMore(_ count: Int, than earlier: LedgerCounts) throws {
        let (more, told) = (certificates - earlier.certificates, events - earlier.events)
        guard more == count, told == count else {
            throw BenchFailure(
                "After \(count) enrollments the ledger has \(more) more certificates, and the log \(told) more events.")
        }
    }

    private static func count(_ path: String, _ sql: String) throws -> Int {
        var configuration = Configuration()
        configuration.readonly = true
        let database = try DatabaseQueue(path: path, configuration: configuration)
        let count = try database.read { try Int.fetchOne($0, sql: sql) ?? -1 }
        try database.close()
        return count
    }
}
