package import ClusterTransport

/// What a log shows to its witness: its newest checkpoint, and how it comes from the one that the witness knew.
///
/// Nothing of it is to be believed before the witness has verified it.
package struct LogEvidence: Codable, Sendable, Equatable {
    /// A signed note (C2SP tlog-checkpoint).
    package var checkpoint: String
    /// RFC 6962 §2.1.2, base64. Empty where the log is no larger than what the witness knew.
    package var consistency: [String]
    /// The index in the log of each line of the request, from 0; nil where one of them is not there (any more).
    package var indexes: [Int64]?
    /// The hashes that lead from those lines to the root, base64, from left to right.
    package var inclusion: [String]

    package init(checkpoint: String, consistency: [String], indexes: [Int64]? = nil, inclusion: [String] = []) {
        self.checkpoint = checkpoint
        self.consistency = consistency
        self.indexes = indexes
        self.inclusion = inclusion
    }
}

/// Tells the log what its witness says of it: `audit.witness`, from the signer only.
package struct WitnessReport: RemoteRequest, Equatable {
    package typealias Reply = Done
    package static let method = "audit.witness"

    /// The witness's public key, `name+hash+base64` (C2SP signed-note).
    package var witness: String
    /// The newest checkpoint that it has cosigned, with the cosignature (C2SP tlog-cosignature).
    package var checkpoint: String?
    /// Why it does not agree with the log; nil where it does.
    package var alarm: String?

    package init(witness: String, checkpoint: String?, alarm: String?) {
        self.witness = witness
        self.checkpoint = checkpoint
        self.alarm = alarm
    }
}

/// Makes the signer go on from the log as it is now: `administration.acceptLog`.
///
/// For an operator who knows why the log is another: it was restored from a backup, or has lost its key.
package struct AcceptLogRequest: RemoteRequest {
    package typealias Reply = AcceptLogReply
    package static let method = "administration.acceptLog"

    package init() {}
}

package struct AcceptLogReply: Codable, Sendable, Equatable {
    package struct Tree: Codable, Sendable, Equatable {
        package var origin: String
        package var size: Int64
        /// Base64.
        package var root: String

        package init(origin: String, size: Int64, root: String) {
            self.origin = origin
            self.size = size
            self.root = root
        }
    }

    /// What was witnessed before; nil where nothing was.
    package var former: Tree?
    package var accepted: Tree
    /// What the alarm was; nil where there was none.
    package var alarm: String?

    package init(former: Tree?, accepted: Tree, alarm: String?) {
        self.former = former
        self.accepted = accepted
        self.alarm = alarm
    }
}

/// What the signer has witnessed of the log.
package struct WitnessStatus: Codable, Sendable, Equatable {
    /// The witness's public key, `name+hash+base64`.
    package var key: String
    /// The tree that was cosigned last; 0 before the first.
    package var size: Int64
    /// When, in seconds since 1970.
    package var cosignedAt: Int64?
    /// Why nothing is marked as delivered; nil where all is well.
    package var alarm: String?

    package init(key: String, size: Int64, cosignedAt: Int64?, alarm: String?) {
        self.key = key
        self.size = size
        self.cosignedAt = cosignedAt
        self.alarm = alarm
    }
}
