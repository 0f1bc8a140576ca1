internal import ClusterProtocol
internal import Foundation
internal import GRDB
internal import PKI
internal import X509

/// An enrollment between authentication and record: who asks for what, and under which rules.
struct EnrollmentCandidate: Sendable {
    /// What is fixed from the beginning, shared by all copies: it has some hundred references, and a candidate is copied
    /// wherever a task goes on.
    final class Basis: Sendable {
        let request: EnrollRequest
        /// The frontend that sent it.
        let node: String
        let label: LabelDescription
        let profile: Profile
        let authority: IssuingAuthority
        let certificationRequest: CertificationRequest

        init(
            request: EnrollRequest, node: String, label: LabelDescription, profile: Profile,
            authority: IssuingAuthority, certificationRequest: CertificationRequest
        ) {
            self.request = request
            self.node = node
            self.label = label
            self.profile = profile
            self.authority = authority
            self.certificationRequest = certificationRequest
        }
    }

    let basis: Basis
    var requester: Requester
    /// Of the key that is certified; empty while the signer has yet to make it.
    var keySHA256: Data
    let digest: Data
    /// The key under which the client's `Idempotency-Key` is kept; nil without one.
    let idempotencyScope: Data?

    var request: EnrollRequest { basis.request }
    var node: String { basis.node }
    var label: LabelDescription { basis.label }
    var profile: Profile { basis.profile }
    var authority: IssuingAuthority { basis.authority }
    var certificationRequest: CertificationRequest { basis.certificationRequest }

    /// The certificate that is renewed.
    var renewed: Certificate? {
        request.operation == .simpleReenroll ? requester.certificate?.certificate : nil
    }

    /// Whether the request may be one that the ledger knows nothing of, as most are: a device's first enrollment with a
    /// secret, or the renewal of a certificate under its own names.
    ///
    /// - Parameter now: in seconds since 1970.
    func mayBeUnseen(at now: Int64) -> Bool {
        guard request.operation != .serverKeyGeneration, label.approval != .manual, idempotencyScope == nil,
            requester.manufacturer == nil, !requester.asksForOthers, !changesNames
        else { return false }
        return requester.secret.map { !$0.isSpent && !$0.isExpired(at: now) } ?? true
    }

    /// What the ledger has of the request and its key.
    func traces(_ db: Database) throws -> RequestTraces {
        try RequestTraces.find(db, digest: digest, keySHA256: keySHA256)
    }

    /// Whether the request takes new names with ChangeSubjectName, where the label allows that (RFC 6402 §2.8).
    var changesNames: Bool {
        renewed != nil && label.allowsChangeOfSubjectName && certificationRequest.changeSubjectName != nil
    }
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
    /// Where the signer made the key.
    var serverKey: ServerKeyRecord?
    var event: UnnumberedEventLine
}

/// Something changed between the check and the record: the request is to be decided anew.
struct RaceLost: Error {}
