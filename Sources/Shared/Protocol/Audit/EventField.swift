/// The fields of an event's line by their names, in the order in which they stand there: that of the names' bytes.
enum EventField: String, CaseIterable {
    case authentication
    case authority
    case certificate
    case channelBinding = "channel_binding"
    case count
    case decision
    case device
    case fingerprint
    case id
    case idempotencyScope = "idempotency_scope"
    case label
    case labels
    case manufacturerIdentity = "manufacturer_identity"
    case manufacturerKeySHA256 = "manufacturer_spki_sha256"
    case names
    case namesCount = "names_count"
    case namesSHA256 = "names_sha256"
    case node
    case notAfter = "not_after"
    case notBefore = "not_before"
    case operation
    case `operator`
    case principal
    case profile
    case profileVersion = "profile_version"
    case publicKey = "public_key"
    case reason
    case reasonText = "reason_text"
    case remarks
    case remoteAddress = "remote_address"
    case requestDigest = "request_digest"
    case requestID = "request_id"
    case revocationReason = "revocation_reason"
    case role
    case run
    case salt
    case schema
    case scope
    case sequence
    case serial
    case source
    case spkiSHA256 = "spki_sha256"
    case subject
    case supersedes
    case time
    case type

    /// Each field with its name's bytes, made once.
    static let all = allCases.map { (field: $0, name: Array($0.rawValue.utf8)) }

    /// The fields that every event has.
    static let required: [EventField] = [.schema, .id, .source, .run, .sequence, .time, .type, .salt]
}
