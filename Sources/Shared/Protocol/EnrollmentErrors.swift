package import ClusterTransport

/// The codes of the enrollment protocol, beside the transport's own. One file in the frontend turns them into statuses.
extension ServiceError.Code {
    // The request itself.

    /// Not base64, not PKCS#10, trailing bytes: what was sent is no certification request.
    package static let malformedRequest = Self(rawValue: "malformed-request")
    /// The certification request's own signature does not verify.
    package static let badSignature = Self(rawValue: "bad-signature")
    /// A channel binding value is there, and it is not this connection's (RFC 7030 §3.5).
    package static let channelBindingMismatch = Self(rawValue: "channel-binding-mismatch")
    /// The label asks for a channel binding and there is none.
    package static let channelBindingRequired = Self(rawValue: "channel-binding-required")
    /// The label, or the operation on it, does not exist.
    package static let unknownLabel = Self(rawValue: "unknown-label")

    // Who asks.

    /// No credential at all, on a label that takes secrets.
    package static let credentialRequired = Self(rawValue: "credential-required")
    /// A credential that is not acceptable. The reason goes into the event only.
    package static let credentialRefused = Self(rawValue: "credential-refused")
    /// A certificate is needed and none was presented.
    package static let certificateRequired = Self(rawValue: "certificate-required")
    /// The presented certificate is not of an authority that this label accepts, or not for this use.
    package static let certificateUntrusted = Self(rawValue: "certificate-untrusted")
    /// The presented certificate is expired beyond the label's grace period, or not yet valid.
    package static let certificateOutsideValidity = Self(rawValue: "certificate-outside-validity")
    package static let certificateRevoked = Self(rawValue: "certificate-revoked")
    /// The node that sent the job may not speak for this label.
    package static let nodeNotForLabel = Self(rawValue: "node-not-for-label")

    // What is asked for.

    /// The profile does not allow what was asked for. The message names rule and value.
    package static let profileViolation = Self(rawValue: "profile-violation")
    /// Another device holds a name that was asked for.
    package static let nameHeld = Self(rawValue: "name-held")
    /// The name was blocked by a revocation and waits for the operator's release.
    package static let nameBlocked = Self(rawValue: "name-blocked")
    /// The key was revoked for keyCompromise.
    package static let keyBlocked = Self(rawValue: "key-blocked")
    /// The key already has a certificate of another device.
    package static let keyInUse = Self(rawValue: "key-in-use")
    /// The secret is bound to other names than those asked for.
    package static let secretNotForName = Self(rawValue: "secret-not-for-name")
    /// Subject or subjectAltName differ from the presented certificate's (RFC 7030 §4.2.2).
    package static let nameMismatch = Self(rawValue: "name-mismatch")
    /// The label renews with the same key only.
    package static let sameKeyRequired = Self(rawValue: "same-key-required")
    /// An operator has denied this request.
    package static let deniedByOperator = Self(rawValue: "denied-by-operator")
    /// The `Idempotency-Key` was used for another request.
    package static let idempotencyConflict = Self(rawValue: "idempotency-conflict")
    /// The label gives out encrypted keys only, and the request asks for no encryption (RFC 7030 §4.4.1).
    package static let keyEncryptionRequired = Self(rawValue: "key-encryption-required")
    /// The request's SMIMECapabilities have no algorithm that the signer has too.
    package static let keyEncryptionUnsupported = Self(rawValue: "key-encryption-unsupported")
    /// There is no key for this client under the identifier that the request names.
    package static let decryptionKeyUnknown = Self(rawValue: "decryption-key-unknown")
    /// The request has led to a key before, and nothing tells whether it is the same client that asks again.
    package static let keyAlreadyDelivered = Self(rawValue: "key-already-delivered")
    /// This identity already has as many requests waiting for approval as it may.
    package static let tooManyPending = Self(rawValue: "too-many-pending")

    /// The identity or the label has been given as many certificates as it may in a time. `retryAfter` is exact; the
    /// reason names the limit.
    package static let tooManyRequests = Self(rawValue: "too-many-requests")

    // The service.

    /// The node that sent the job has used up a quota, which the reason names: no fault of the client's.
    package static let nodeQuotaReached = Self(rawValue: "node-quota-reached")

    /// The outbox is full: the auditor is away for too long, and issuance fails closed.
    package static let auditBacklogFull = Self(rawValue: "audit-backlog-full")
    package static let shuttingDown = Self(rawValue: "shutting-down")

    // Administration.

    /// What the operator named is not there.
    package static let notFound = Self(rawValue: "not-found")
    /// What the operator asked for is not possible as it stands.
    package static let invalidArgument = Self(rawValue: "invalid-argument")

    // Joining by an invitation.

    package static let invitationUnknown = Self(rawValue: "invitation-unknown")
    package static let invitationExpired = Self(rawValue: "invitation-expired")
    package static let invitationSpent = Self(rawValue: "invitation-spent")
    package static let invitationRevoked = Self(rawValue: "invitation-revoked")
    /// Another node has the name.
    package static let nodeNameTaken = Self(rawValue: "node-name-taken")

    // Why a secret was refused: reasons for events, never an answer.

    package static let secretUnknown = Self(rawValue: "secret-unknown")
    package static let secretExpired = Self(rawValue: "secret-expired")
    package static let secretSpent = Self(rawValue: "secret-spent")
    package static let secretRevoked = Self(rawValue: "secret-revoked")
    package static let secretOfAnotherLabel = Self(rawValue: "secret-of-another-label")
}
