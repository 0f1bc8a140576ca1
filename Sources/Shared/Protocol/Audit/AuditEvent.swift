package import Foundation

/// Something that happened, as it goes into the audit log (design §9).
///
/// An event is one JSON line with stable field names, ``schema`` their version. Its source numbers it; once encoded
/// (``AuditEvent/line(maximumBytes:)``) the line's bytes never change. It never holds an unauthenticated user name, an
/// Authorization header, a challengePassword or a key.
package struct AuditEvent: Sendable, Equatable {
    /// The version of the field names and their meaning.
    package static let schema = 1

    /// The sources of the signer's and of the auditor's own events. Nobody else may have them.
    package static let signerSource = "signer"
    package static let auditorSource = "auditor"

    package enum Kind: String, Sendable, CaseIterable {
        // Enrollment.
        case issued
        case replayed
        case pending
        case denied
        // What operators decide.
        case approved
        case rejected
        case revoked
        case released
        case approvalRemoved = "approval-removed"
        case secretCreated = "secret-created"
        case secretRevoked = "secret-revoked"
        case secretReissued = "secret-reissued"
        case keyEncryptionKeyAdded = "kek-added"
        case keyEncryptionKeyRemoved = "kek-removed"
        case nodeAdded = "node-added"
        case nodeRemoved = "node-removed"
        /// Whoever has the invitation of `principal` may make so many nodes, as `count` says.
        case invitationCreated = "invitation-created"
        case invitationRevoked = "invitation-revoked"
        case configurationApplied = "configuration-applied"
        case configurationRefused = "configuration-refused"
        // What nodes do.
        /// A node has joined by the invitation of `principal`.
        case nodeJoined = "node-joined"
        case nodeCertificateIssued = "node-certificate-issued"
        /// A certificate for an authority's OCSP responder, whose key the signer made and alone holds.
        case responderCertificateIssued = "responder-certificate-issued"
        /// A CRL: its number is in the text, its length in `count`, the SHA-256 of it in `fingerprint`.
        case revocationListIssued = "crl-issued"
        case started
        /// The last event of a run that ended in good order.
        case stopped
        /// So many events of this source could not be kept.
        case dropped
        /// So many equal denials, after the first ones, stand in for themselves.
        case coalesced
        // What happens at the auditor's console.
        case signedIn = "signed-in"
        case signInFailed = "sign-in-failed"
        case signedOut = "signed-out"
        case exported
        /// The events up to the place in `count` were exported, and are no longer in the log's store: their hashes are.
        case pruned
        /// What an operator should look at now: a node has used up a quota, which it may do where it was stolen; or the
        /// log is not what the signer has witnessed.
        case alarm
        /// An operator has made the signer go on from another log than it had witnessed.
        case logAccepted = "log-accepted"
        /// The signer's ledger was restored from a backup. So many events, in `count`, came back from the log.
        case restored
    }

    /// How far a revocation or a release goes.
    package enum Scope: String, Sendable {
        case certificate
        /// Every certificate, name and key of the device.
        case device
        case name
    }

    package enum Decision: String, Sendable {
        case allowed
        case denied
        case deferred
    }

    /// How the one who asked proved who it is.
    package enum Authentication: String, Sendable {
        case none
        case secret
        case certificate
        case certificateAndSecret = "certificate+secret"
        /// A certificate that its manufacturer gave the device.
        case manufacturer
        case manufacturerAndSecret = "manufacturer+secret"
        /// The local administration socket.
        case localUser = "local-user"
        /// A node's CURVE key.
        case node
        /// The CURVE key of an invitation.
        case invitation
        /// A password at the auditor's console.
        case password
    }

    package var schema = AuditEvent.schema
    /// A UUID.
    package var id: String
    /// The node that numbers this event, and which of its numbered series: a ledger's incarnation, or a process's run.
    package var source: String
    package var run: String
    /// From 1, without a gap within source and run.
    package var sequence: Int64
    /// RFC 3339, UTC, with milliseconds.
    package var time: String
    package var type: Kind
    package var decision: Decision?
    /// The error's code, or the finer reason that the answer did not tell.
    package var reason: String?
    package var reasonText: String?
    /// The frontend through which the request came.
    package var node: String?
    package var label: String?
    package var profile: String?
    package var profileVersion: Int?
    package var operation: String?
    package var authentication: Authentication?
    /// The authenticated one: `secret:ID`, `certificate:SERIAL`, `manufacturer:NAME:FINGERPRINT`, or `invitation:ID`.
    package var principal: String?
    /// `operator:UID`
    package var `operator`: String?
    package var remoteAddress: String?
    package var subject: String?
    /// The names of the certificate or the request, each with its kind: `dns:…`, `ip:…`, `uri:…`, `email:…`.
    package var names: [String]?
    /// How many names there were, and the SHA-256 of them all (one a line), where the list was cut.
    package var namesCount: Int?
    package var namesSHA256: String?
    package var spkiSHA256: String?
    package var requestDigest: String?
    package var authority: String?
    package var serial: String?
    /// The device (lineage) that the certificate belongs to.
    package var device: String?
    /// DER, base64.
    package var certificate: Data?
    /// SHA-256 of the certificate or CRL, hexadecimal.
    package var fingerprint: String?
    package var notBefore: String?
    package var notAfter: String?
    package var revocationReason: String?
    package var requestID: String?
    /// Whether the request's channel binding was that of its connection, or was not compared as a registration authority
    /// passed it on (RFC 7030 §3.5); nil where there was none.
    package var channelBinding: ChannelBindingFinding?
    /// What was tolerated: extensions and attributes that the profile ignores, usages that were narrowed.
    package var remarks: [String]?
    /// Where the event counts something: dropped or coalesced events, certificates revoked at once, entries of a
    /// CRL.
    package var count: Int?
    /// 128 random bits, hexadecimal: so that the bare leaf hashes of the log can't be guessed.
    package var salt: String
    /// Of a revocation or a release.
    package var scope: Scope?
    /// In whose place this one is: the serial number of a certificate whose key never arrived, or `secret:ID`.
    package var supersedes: String?
    /// SHA-256, hexadecimal, of who asked and of the `Idempotency-Key` header.
    package var idempotencyScope: String?
    /// Of the manufacturer's certificate that was shown: SHA-256 of its signed part and of its key, hexadecimal.
    package var manufacturerIdentity: String?
    package var manufacturerKeySHA256: String?
    /// Of a node: its public CURVE key in Z85, its role, and the labels that it may ask for; nil for all of them.
    package var publicKey: String?
    package var role: String?
    package var labels: [String]?

    /// A new event that its source has yet to number.
    package init(_ type: Kind, time: Date, id: UUID = AuditEvent.randomID(), salt: String = AuditEvent.randomSalt()) {
        self.type = type
        self.time = AuditEvent.timestamp(time)
        self.id = id.uuidString.lowercased()
        self.salt = salt
        source = ""
        run = ""
        sequence = 0
    }

    /// An event of which only the kind is known yet.
    init(unread type: Kind) {
        self.type = type
        (id, source, run, time, salt) = ("", "", "", "", "")
        sequence = 0
    }

    /// A random UUID (RFC 9562 §5.4), without Foundation's way over a device file.
    package static func randomID() -> UUID {
        var generator = SystemRandomNumberGenerator()
        let high: UInt64 = generator.next() & 0xffff_ffff_ffff_0fff | 0x4000
        let low: UInt64 = generator.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        var id: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        withUnsafeMutableBytes(of: &id) { bytes in
            bytes.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return UUID(uuid: id)
    }

    /// 128 random bits in hexadecimal.
    package static func randomSalt() -> String {
        var generator = SystemRandomNumberGenerator()
        return [generator.next(), generator.next()].map { (word: UInt64) in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// A time as events write it: RFC 3339, UTC, milliseconds.
    package static func timestamp(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
