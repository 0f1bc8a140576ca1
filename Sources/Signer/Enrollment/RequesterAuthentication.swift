internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import PKI
internal import X509

/// Decides who asks, and whether the label takes that (design §6, «Identities, names, labels»).
struct RequesterAuthentication: Sendable {
    var label: LabelDescription
    /// The authorities of this signer by name.
    var authorities: [String: IssuingAuthority]
    /// In seconds since 1970.
    var now: Int64

    /// - Throws: `ServiceError` with the code that the frontend answers; its `reason` says more, for the event.
    func authenticate(_ request: EnrollRequest, _ db: Database) throws -> Requester {
        switch request.operation {
        case .simpleReenroll:
            // RFC 7030 §4.2.2: the certificate being renewed is the credential; a secret makes no difference.
            return Requester(certificate: try renewedCertificate(request, db))
        case .simpleEnroll:
            return try enrolling(request, db)
        }
    }

    /// Finds a secret that authenticates on the label: known, not revoked, of this label. It may be spent or expired.
    func secret(_ secret: Secret, _ db: Database) throws -> SecretRecord {
        guard label.acceptsSecrets else {
            throw refused(.secretOfAnotherLabel)
        }
        guard let record = try SecretTable.find(db, sha256: SecretTable.sha256(of: secret)) else {
            throw refused(.secretUnknown)
        }
        guard record.label == label.name else { throw refused(.secretOfAnotherLabel) }
        guard record.revokedAt == nil else { throw refused(.secretRevoked) }
        return record
    }

    /// Refuses a secret that can't pay for a certificate any more.
    func requireUsable(_ secret: SecretRecord) throws {
        guard !secret.isExpired(at: now) else { throw refused(.secretExpired) }
        guard !secret.isSpent else { throw refused(.secretSpent) }
    }

    private func enrolling(_ request: EnrollRequest, _ db: Database) throws -> Requester {
        let certificate = try acceptableCertificate(request, db)
        // A wrong secret is refused beside any certificate.
        let secret = try label.acceptsSecrets ? request.secret.map { try self.secret($0, db) } : nil
        switch label.requires {
        case .both:
            guard let certificate, let secret else {
                throw try missing(certificate: certificate, secret: secret)
            }
            return Requester(certificate: certificate, secret: secret)
        case .either:
            if let certificate { return Requester(certificate: certificate) }
            if let secret { return Requester(secret: secret) }
            throw try missing(certificate: nil, secret: nil)
        }
    }

    private func missing(certificate: Requester.HeldCertificate?, secret: SecretRecord?) throws -> ServiceError {
        if label.acceptsSecrets && secret == nil {
            return ServiceError(.credentialRequired, "This label needs an enrollment secret.")
        }
        return ServiceError(.certificateRequired, "This label needs a client certificate of its authority.")
    }

    /// The certificate as an identity for `simpleenroll`. One that is expired or not ours counts as absent where the
    /// label takes secrets; one of ours that is revoked never does.
    private func acceptableCertificate(_ request: EnrollRequest, _ db: Database) throws -> Requester.HeldCertificate? {
        guard label.acceptsCertificates, !request.clientChain.isEmpty else { return nil }
        do {
            return try heldCertificate(request.clientChain, gracePeriod: 0, db)
        } catch let error as ServiceError where label.acceptsSecrets && error != Self.revoked {
            return nil
        }
    }

    private func renewedCertificate(_ request: EnrollRequest, _ db: Database) throws -> Requester.HeldCertificate {
        guard !request.clientChain.isEmpty else {
            throw ServiceError(
                .certificateRequired, "A renewal needs the certificate that it renews as client certificate.")
        }
        guard label.acceptsCertificates else {
            throw ServiceError(.certificateUntrusted, "The label «\(label.name)» takes no client certificates.")
        }
        return try heldCertificate(request.clientChain, gracePeriod: label.gracePeriod, db)
    }

    /// Judges a presented chain and finds its leaf in the ledger.
    private func heldCertificate(
        _ chain: [Data], gracePeriod: Int64, _ db: Database
    ) throws -> Requester.HeldCertificate {
        let presented: ClientCertificate
        do {
            presented = try ClientCertificate(chain: chain)
        } catch {
            throw ServiceError(.certificateUntrusted, "The client certificate can't be read.", cause: error)
        }
        let trusted = ([label.authority] + label.predecessors).compactMap { authorities[$0] }.map {
            ClientCertificate.Authority(name: $0.name, issuing: $0.certificate)
        }
        let judgement = presented.judge(authorities: trusted, now: now, gracePeriod: gracePeriod)
        if case .untrusted(let reason) = judgement {
            throw ServiceError(.certificateUntrusted, reason)
        }
        guard let authority = judgement.authority,
            let record = try CertificateTable.find(db, authority: authority, serial: Data(presented.serial)),
            record.device != nil, record.der == chain[0]
        else {
            throw ServiceError(
                .certificateUntrusted, "The client certificate is not one that this authority has issued.")
        }
        // Revocation is told before the validity: of a revoked certificate nothing else matters.
        guard record.revokedAt == nil else { throw Self.revoked }
        switch judgement {
        case .expired:
            throw ServiceError(.certificateOutsideValidity, "The client certificate has expired.")
        case .notYetValid:
            throw ServiceError(.certificateOutsideValidity, "The client certificate is not yet valid.")
        case .accepted, .untrusted:
            return .init(record: record, certificate: presented.leaf)
        }
    }

    private static let revoked = ServiceError(.certificateRevoked, "The client certificate has been revoked.")

    private func refused(_ reason: ServiceError.Code) -> ServiceError {
        ServiceError(.credentialRefused, "The credential was refused.", reason: reason)
    }
}

extension ClientCertificate.Judgement {
    /// The authority that issued the certificate; nil where none of ours did.
    fileprivate var authority: String? {
        switch self {
        case .accepted(let authority), .expired(let authority), .notYetValid(let authority): authority
        case .untrusted: nil
        }
    }
}
