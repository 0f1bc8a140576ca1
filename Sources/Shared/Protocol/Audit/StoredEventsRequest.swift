internal import ClusterTransport

/// Gives the caller its own events back: `audit.events`, to the signer only, whose ledger is an older copy.
package struct StoredEventsRequest: RemoteRequest {
    package typealias Reply = StoredEventsReply
    package static let method = "audit.events"
    /// The most lines of a reply, and their bytes: with the proof that the log has them they fit into a message.
    package static let maximumLines = 100
    package static let maximumBytes = 96 * 1024

    /// The ledger's incarnation. The source is the caller's node name.
    package var run: String
    /// The number of the first event that is wanted.
    package var firstSequence: Int64
    /// At most so many events, and never more than ``maximumLines``.
    package var limit: Int
    /// The size of the tree that the caller has witnessed.
    package var witnessedSize: Int64

    package init(run: String, firstSequence: Int64, limit: Int, witnessedSize: Int64) {
        self.run = run
        self.firstSequence = firstSequence
        self.limit = limit
        self.witnessedSize = witnessedSize
    }
}

package struct StoredEventsReply: Codable, Sendable, Equatable {
    /// The exact lines from the first one that was wanted on, without a gap.
    package var lines: [String]
    /// That the log goes on from what the caller has witnessed, and has these lines.
    package var evidence: LogEvidence

    package init(lines: [String], evidence: LogEvidence) {
        self.lines = lines
        self.evidence = evidence
    }
}
