package import ClusterTransport
internal import Foundation

/// Hands numbered events of one source and run to the auditor, in order: `audit.append`.
///
/// The auditor stores each number once: what it already has it skips, a gap it refuses.
package struct AppendEventsRequest: RemoteRequest {
    package typealias Reply = AppendEventsReply
    package static let method = "audit.append"

    /// The ledger's incarnation or the process's run. The source is the caller's node name.
    package var run: String
    /// The number of the first line; the others follow without a gap.
    package var firstSequence: Int64
    /// Encoded events (``AuditEvent/line(maximumBytes:)``), byte for byte as they are to be logged.
    package var lines: [String]
    /// The size of the tree that the caller has witnessed; nil for one that does not witness the log.
    package var witnessedSize: Int64?
    /// How many events the caller has beyond these.
    package var backlog: Int64?

    package init(
        run: String, firstSequence: Int64, lines: [String], witnessedSize: Int64? = nil, backlog: Int64? = nil
    ) {
        self.run = run
        self.firstSequence = firstSequence
        self.lines = lines
        self.witnessedSize = witnessedSize
        self.backlog = backlog
    }

    /// The most bytes that a line takes inside a message: its own, and their number.
    package static func encodedBytes(of line: String) -> Int {
        line.utf8.count + 5
    }
}

/// How far the auditor has durably stored the caller's events.
package struct AppendEventsReply: Codable, Sendable, Equatable {
    /// The highest number of this source and run that is stored; 0 where none is.
    package var acknowledgedSequence: Int64
    /// The number of events in the log, of all sources.
    package var logSize: Int64
    /// For a witness: that the log goes on from what it knew, and has what was sent.
    package var evidence: LogEvidence?
    /// The run of this source that began last; only in the answer to `audit.position`, nil where there is none.
    package var newestRun: String?

    package init(acknowledgedSequence: Int64, logSize: Int64, evidence: LogEvidence? = nil) {
        self.acknowledgedSequence = acknowledgedSequence
        self.logSize = logSize
        self.evidence = evidence
    }
}

/// Asks how far the auditor has stored the caller's events, and is a sign of life: `audit.position`.
package struct EventPositionRequest: RemoteRequest {
    package typealias Reply = AppendEventsReply
    package static let method = "audit.position"

    package var run: String
    /// The size of the tree that the caller has witnessed; nil for one that does not witness the log.
    package var witnessedSize: Int64?
    /// How many events the caller has not handed over; nil where it does not say.
    package var backlog: Int64?

    package init(run: String, witnessedSize: Int64? = nil, backlog: Int64? = nil) {
        self.run = run
        self.witnessedSize = witnessedSize
        self.backlog = backlog
    }
}

/// Tells the auditor which nodes may send events: `audit.nodes`, from the signer only, at connection and at each change.
package struct UpdateNodesRequest: RemoteRequest {
    package typealias Reply = Done
    package static let method = "audit.nodes"

    package var nodes: [NodeDescription]

    package init(nodes: [NodeDescription]) {
        self.nodes = nodes
    }
}

/// Finds events: `auditadministration.events`, at the auditor's local administration socket.
package struct ListEventsRequest: RemoteRequest {
    package typealias Reply = ListEventsReply
    package static let method = "auditadministration.events"

    /// Only events after this place in the log; places are counted from 1. With `newestFirst`, only events before it.
    package var cursor: Int64?
    package var newestFirst: Bool
    /// At most so many events, and never more than 1,000.
    package var limit: Int
    package var type: String?
    package var label: String?
    package var serial: String?
    package var source: String?
    package var decision: String?
    package var principal: String?
    /// Part of the subject or of a name, three characters at least; capitals don't matter.
    package var name: String?
    /// Part of the subject, likewise.
    package var subject: String?
    /// Words, each of which stands somewhere in the event; capitals don't matter.
    package var text: String?
    /// RFC 3339.
    package var since: String?
    package var until: String?

    package init(cursor: Int64? = nil, newestFirst: Bool = false, limit: Int = 1000) {
        self.cursor = cursor
        self.newestFirst = newestFirst
        self.limit = limit
    }
}

package struct ListEventsReply: Codable, Sendable, Equatable {
    /// The events' exact lines.
    package var lines: [String]
    /// The place in the log of each line.
    package var places: [Int64]
    /// Where the next page starts; nil at the end.
    package var nextCursor: Int64?

    package init(lines: [String], places: [Int64], nextCursor: Int64?) {
        self.lines = lines
        self.places = places
        self.nextCursor = nextCursor
    }
}

/// Takes old events out of the log's store, once they are exported: `auditadministration.prune`.
///
/// The tree's tiles stay. Whoever asks shows with ``root`` that they have the events: it is made of all of them.
package struct PruneEventsRequest: RemoteRequest {
    package typealias Reply = PruneEventsReply
    package static let method = "auditadministration.prune"
    /// The most events that one request prunes.
    package static let maximumCount: Int64 = 25_600

    /// Events up to this place go: whole bundles of 256.
    package var through: Int64
    /// The root of the tree over the events up to there, base64.
    package var root: String

    package init(through: Int64, root: String) {
        self.through = through
        self.root = root
    }
}

package struct PruneEventsReply: Codable, Sendable, Equatable {
    /// The events that are pruned now, counted from the first.
    package var pruned: Int64
    package var logSize: Int64

    package init(pruned: Int64, logSize: Int64) {
        self.pruned = pruned
        self.logSize = logSize
    }
}

/// The auditor's state for `estuary status`: `auditadministration.status`.
package struct AuditorStatusRequest: RemoteRequest {
    package typealias Reply = AuditorStatus
    package static let method = "auditadministration.status"

    package init() {}
}

package struct AuditorStatus: Codable, Sendable, Equatable {
    package struct Source: Codable, Sendable, Equatable {
        package var name: String
        package var run: String
        package var lastSequence: Int64
        /// When the newest event of this run happened, in seconds since 1970.
        package var lastStoredAt: Int64
        /// Whether the run ended with its closing event.
        package var closed: Bool

        package init(name: String, run: String, lastSequence: Int64, lastStoredAt: Int64, closed: Bool) {
            self.name = name
            self.run = run
            self.lastSequence = lastSequence
            self.lastStoredAt = lastStoredAt
            self.closed = closed
        }
    }

    package var version: String
    /// In seconds since 1970.
    package var startedAt: Int64
    package var logSize: Int64
    /// How many events at the log's beginning were pruned.
    package var pruned: Int64
    /// The newest run of each source, and every run that ended without its closing event.
    package var sources: [Source]

    package init(version: String, startedAt: Int64, logSize: Int64, pruned: Int64 = 0, sources: [Source]) {
        self.version = version
        self.startedAt = startedAt
        self.logSize = logSize
        self.pruned = pruned
        self.sources = sources
    }
}
