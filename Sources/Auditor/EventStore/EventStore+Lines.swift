internal import ClusterProtocol
internal import ClusterTransport
internal import GRDB

extension EventStore {
    /// A run's lines from a number on, as many as fit into a message; none where there are no more.
    ///
    /// - Throws: ``ServiceError``: `not-found` where the first one was pruned.
    func lines(source: String, _ request: StoredEventsRequest) async throws -> [String] {
        let limit = min(max(request.limit, 1), StoredEventsRequest.maximumLines)
        let rows = try await log.read { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT sequence, line FROM events
                        WHERE run_id = (SELECT id FROM runs WHERE source = ? AND run = ?) AND sequence >= ?
                        ORDER BY sequence LIMIT ?
                        """), arguments: [source, request.run, request.firstSequence, limit]
            ).map { ($0[0] as Int64, $0[1] as String) }
        }
        if let (first, _) = rows.first, first != request.firstSequence {
            throw ServiceError(
                .notFound,
                "The events from \(request.firstSequence) to \(first - 1) of run \(request.run) were exported and pruned."
            )
        }
        var bytes = 0
        return rows.map(\.1).enumerated().prefix { index, line in
            bytes += AppendEventsRequest.encodedBytes(of: line)
            return index == 0 || bytes <= StoredEventsRequest.maximumBytes
        }.map(\.element)
    }
}
