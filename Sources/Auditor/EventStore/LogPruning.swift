internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import TransparencyLog

/// Takes the oldest events out of the store: whole bundles, whose bytes the one who asks has shown to have.
///
/// Their hashes stay in the tiles, so the tree verifies as before. That they went is an event itself, in the same
/// transaction: the log says how many of its events are not to be expected here.
struct LogPruning: Sendable {
    private let request: PruneEventsRequest
    private let root: MerkleHash
    private let events: IncomingEvents

    /// - Throws: ``ServiceError`` with code `invalid-argument`.
    init(
        _ request: PruneEventsRequest, by person: String, authentication: AuditEvent.Authentication?, at time: Date
    ) throws {
        guard request.through > 0, request.through.isMultiple(of: Int64(TileAddress.fullWidth)) else {
            throw ServiceError(.invalidArgument, "Whole bundles of \(TileAddress.fullWidth) events are pruned.")
        }
        guard let root = MerkleHash(base64: request.root) else {
            throw ServiceError(.invalidArgument, "The root is not the base64 of a hash.")
        }
        self.request = request
        self.root = root
        // A run of its own, which ends with it.
        let run = AuditEvent.randomID().uuidString.lowercased()
        var pruned = AuditEvent(.pruned, time: time)
        pruned.decision = .allowed
        pruned.authentication = authentication
        pruned.operator = person
        pruned.count = Int(clamping: request.through)
        pruned.reasonText = "The first \(request.through) events, of the root \(request.root), were exported."
        let lines = try [pruned, AuditEvent(.stopped, time: time)].enumerated().map { offset, event in
            var event = event
            event.source = AuditorPeers.ownName
            event.run = run
            event.sequence = Int64(offset) + 1
            return try event.line()
        }
        events = try IncomingEvents(
            source: AuditorPeers.ownName, request: AppendEventsRequest(run: run, firstSequence: 1, lines: lines))
    }

    /// How many events at the log's beginning were pruned.
    static func pruned(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT pruned FROM log")) ?? 0
    }

    /// Prunes within the caller's transaction.
    ///
    /// - Throws: ``ServiceError`` for a refusal, after which nothing is changed; `DatabaseError`.
    func apply(to db: Database) throws -> AppendEventsReply {
        let (former, size) = (try Self.pruned(db), try LogTree.tree(db).size)
        guard request.through > former, request.through <= size else {
            throw ServiceError(
                .invalidArgument, "Of \(size) events \(former) are pruned: there is nothing to prune up to there.")
        }
        guard request.through - former <= PruneEventsRequest.maximumCount else {
            throw ServiceError(
                .invalidArgument, "At most \(PruneEventsRequest.maximumCount) events are pruned at a time.")
        }
        guard try MerkleTree(size: request.through, tiles: TileTable(db: db)).root() == root else {
            throw ServiceError(.invalidArgument, "What was exported are not the events of this log. Nothing is pruned.")
        }
        // The event first, as a refusal of it has to leave everything as it was.
        let reply = try LogAppend.append(events, to: db)
        try db.execute(
            sql: """
                UPDATE runs SET pruned = went.last FROM
                    (SELECT run_id, max(sequence) AS last FROM events WHERE place <= ? GROUP BY run_id) AS went
                WHERE runs.id = went.run_id
                """, arguments: [request.through])
        try db.execute(sql: "UPDATE log SET pruned = ?", arguments: [request.through])
        try db.execute(sql: "DELETE FROM events WHERE place <= ?", arguments: [request.through])
        return reply
    }
}
