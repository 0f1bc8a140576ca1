internal import ClusterProtocol
internal import Foundation
internal import PKI

/// An enrollment between authentication and record: who asks for what, and under which rules.
struct EnrollmentCandidate: Sendable {
    var request: EnrollRequest
    /// The frontend that sent it.
    var node: String
    var label: LabelDescription
    var profile: Profile
    var authority: IssuingAuthority
    var requester: Requester
    var certificationRequest: CertificationRequest
    var keySHA256: Data
    var digest: Data
    /// The key under which the client's `Idempotency-Key` is kept; nil without one.
    var idempotencyScope: Data?
}

/// A certificate that is signed and not yet recorded. Nobody sees it before it is.
struct SignedCertificate: Sendable {
    var der: Data
    var serial: Data
    var subject: String
    var names: [CanonicalName]
    /// In seconds since 1970.
    var notBefore: Int64
    var notAfter: Int64
    var device: Int64
    /// Whether this is the device's first certificate.
    var isNewDevice: Bool
    /// The approval that this issuance collects.
    var approval: ApprovalRecord?
    var event: UnnumberedEventLine
}

/// Something changed between the check and the record: the request is to be decided anew.
struct RaceLost: Error {}
