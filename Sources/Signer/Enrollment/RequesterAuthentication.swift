internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
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
    /// What ``ManufacturerAuthentication`` found.
    var manufacturer = ManufacturerAuthentication.Finding.none

    /// - Throws: `ServiceError` with the code that the frontend answers; its `reason` says more, for the event.
    func authenticate(_ request: EnrollRequest, _ db: Database) throws -> Requester {
        switch request.operation {
        case .simpleReenroll:
            // RFC 7030 §4.2.2: the certificate being renewed is the credential; a secret makes no difference.
            return Requester(certificate: try renewedCertificate(request, db))
        case .simpleEnroll, .serverKeyGeneration:
            return try enrolling(request, db)
        }
    }

    /// Finds a secret that authenticates on the label: known, not revoked, of this label. It may be spent or expired.
    func secret(_ secret: Secret, _ db: Database) throws -> SecretRecord {
        try accepted(secret) { try SecretTable.find(db, sha256: $0) }
    }

    /// The requester where a secret that several devices share is all that was shown, as it is remembered or looked up.
    ///
    /// - Parameter find: finds a secret by its SHA-256.
    /// - Returns: nil where more is to be judged than the secret.
    func authenticateBySecretAlone(
        _ request: EnrollRequest, find: (Data) throws -> SecretRecord?
    ) throws -> Requester? {
        guard request.operation != .simpleReenroll, request.clientChain.isEmpty, label.requires == .either,
            label.acceptsSecrets, let secret = request.secret
        else { return nil }
        var requester = Requester()
        requester.secret = try accepted(secret, find: find)
        return requester
    }

    private func accepted(_ secret: Secret, find: (Data) throws -> SecretRecord?) throws -> SecretRecord {
        guard label.acceptsSecrets else {
            throw refused(.secretOfAnotherLabel)
        }
        guard let record = try find(SecretTable.sha256(of: secret)) else {
            throw refused(.secretUnknown)
        }
        guard record.label == label.name else { throw refused(.secretOfAnotherLabel, id: record.id) }
        guard record.revokedAt == nil else { throw refused(.secretRevoked, id: record.id) }
        return record
    }

    /// Refuses a secret that can't pay for a certificate any more.
    func requireUsable(_ secret: SecretRecord) throws {
        guard !secret.isExpired(at: now) else { throw refused(.secretExpired, id: secret.id) }
        guard !secret.isSpent else { throw refused(.secretSpent, id: secret.id) }
    }

    /// Refuses a wrong secret, where one plays a part: beside any certificate.
    func requireKnownSecret(_ request: EnrollRequest, _ db: Database) throws {
        if request.operation != .simpleReenroll { _ = try presentedSecret(request, db) }
    }

    private func presentedSecret(_ request: EnrollRequest, _ db: Database) throws -> SecretRecord? {
        try label.acceptsSecrets ? request.secret.map { try self.secret($0, db) } : nil
    }

    private func enrolling(_ request: EnrollRequest, _ db: Database) throws -> Requester {
        // A wrong secret is refused beside any certificate, and a revoked certificate of ours beside any secret.
        let secret = try presentedSecret(request, db)
        try refuseRevoked(request.clientChain, db)
        var requester: Requester
        var absent: ServiceError?
        switch manufacturer {
        case .none:
            requester = Requester(certificate: try acceptableCertificate(request, db))
            requester.asksForOthers =
                label.acceptsRegistrationAuthorities && requester.certificate?.isRegistrationAuthority == true
        case .accepted(let shown):
            do {
                try Self.requireInGoodStanding(shown, db)
            } catch let error as ServiceError {
                throw error.naming(RefusedCertificate(shown))
            }
            requester = Requester(manufacturer: shown)
        case .refused(let error):
            // As one of ours: revoked it is refused beside any secret; otherwise it counts as absent where a secret
            // would do, which a client that came without one has to be told.
            guard error.code != .certificateRevoked, label.acceptsSecrets, label.requires == .either else {
                throw error
            }
            requester = Requester()
            absent = error
        }
        switch label.requires {
        case .both:
            guard !requester.isSecretAlone, secret != nil else { throw missing(secret: secret) }
            requester.secret = secret
        case .either:
            guard requester.isSecretAlone else { break }
            guard secret != nil else { throw missing(secret: nil, absent: absent) }
            requester.secret = secret
        }
        return requester
    }

    /// - Parameter absent: why a certificate counts as absent, for the event.
    private func missing(secret: SecretRecord?, absent: ServiceError? = nil) -> ServiceError {
        if label.acceptsSecrets && secret == nil {
            return ServiceError(
                .credentialRequired,
                ([absent?.message].compactMap { $0 } + ["This label needs an enrollment secret."])
                    .joined(separator: " "), reason: absent?.code, cause: absent?.cause)
        }
        return ServiceError(.certificateRequired, "This label needs a client certificate of its authority.")
    }

    /// The certificate as an identity for `simpleenroll`. One that is expired or not ours counts as absent where the
    /// label takes secrets; one of ours that is revoked never does.
    private func acceptableCertificate(_ request: EnrollRequest, _ db: Database) throws -> Requester.HeldCertificate? {
        guard label.acceptsCertificates, !request.clientChain.isEmpty else { return nil }
        do {
            return try heldCertificate(request.clientChain, gracePeriod: 0, db)
        } catch let error as ServiceError where label.acceptsSecrets && error.code != .certificateRevoked {
            return nil
        }
    }

    /// Refuses a certificate that any authority of this signer has issued and that has been revoked since, also where
    /// the label would take it for absent.
    private func refuseRevoked(_ chain: [Data], _ db: Database) throws {
        guard !chain.isEmpty, let presented = try? ClientCertificate(chain: chain) else { return }
        let all = authorities.values.map { ClientCertificate.Authority(name: $0.name, issuing: $0.certificate) }
        if try recorded(presented, among: all, db)?.revokedAt != nil {
            throw Self.revoked.naming(RefusedCertificate(presented))
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

    /// The certificate in the ledger that has the very bytes of the presented one: then it is ours, whoever asks.
    private func recorded(
        _ presented: ClientCertificate, among authorities: [ClientCertificate.Authority], _ db: Database
    ) throws -> CertificateRecord? {
        let serial = Data(presented.serial)
        for authority in presented.issuers(among: authorities) {
            let record = try CertificateTable.find(db, authority: authority.name, serial: serial)
            if let record, record.der.elementsEqual(presented.leafDER) { return record }
        }
        return nil
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
        let found = try recorded(presented, among: trusted, db)
        let judgement = presented.judge(
            authorities: trusted, now: now, gracePeriod: gracePeriod, recordedBy: found?.authority)
        if case .untrusted(let reason) = judgement {
            throw ServiceError(.certificateUntrusted, reason)
        }
        guard let record = found, let device = record.device else {
            throw ServiceError(
                .certificateUntrusted, "The client certificate is not one that this authority has issued.")
        }
        do {
            // Revocation is told before the validity: of a revoked certificate nothing else matters.
            guard record.revokedAt == nil else { throw Self.revoked }
            let keySHA256 = Data(SHA256.hash(data: presented.publicKeyInfo))
            try Self.requireInGoodStanding(device, keySHA256: keySHA256, db)
            switch judgement {
            case .expired:
                throw ServiceError(.certificateOutsideValidity, "The client certificate has expired.")
            case .notYetValid:
                throw ServiceError(.certificateOutsideValidity, "The client certificate is not yet valid.")
            case .accepted, .untrusted:
                return .init(
                    record: record, certificate: presented.leaf, keySHA256: keySHA256,
                    isRegistrationAuthority: presented.isRegistrationAuthority)
            }
        } catch let error as ServiceError {
            throw error.naming(RefusedCertificate(presented))
        }
    }

    /// Refuses a certificate of a device that was revoked, also one that had ended before: it was not revoked itself.
    private static func requireInGoodStanding(_ device: Int64, keySHA256: Data, _ db: Database) throws {
        guard try !DeviceTable.isBlocked(db, id: device, keySHA256: keySHA256) else { throw revokedDevice }
    }

    /// Refuses a certificate that was in good standing when it was presented, and is not any more.
    static func requireStillInGoodStanding(_ held: Requester.HeldCertificate, _ db: Database) throws {
        switch try CertificateTable.standing(
            db, authority: held.record.authority, serial: held.record.serial, keySHA256: held.keySHA256)
        {
        case .good: break
        case .revoked, nil: throw revoked
        case .deviceBlocked: throw revokedDevice
        }
    }

    /// Refuses a manufacturer's certificate whose device was revoked here, until the operator releases it; also where the
    /// maker has certified its key anew.
    static func requireInGoodStanding(_ shown: Requester.ManufacturerCertificate, _ db: Database) throws {
        let device = try ManufacturerTable.device(db, identity: shown.identity, keySHA256: shown.keySHA256)
        guard try !DeviceTable.isBlocked(db, id: device, keySHA256: shown.keySHA256) else {
            throw ServiceError(
                .certificateRevoked,
                "The device of this manufacturer certificate has been revoked and waits for the operator's release.")
        }
    }

    private static let revoked = ServiceError(.certificateRevoked, "The client certificate has been revoked.")
    private static let revokedDevice = ServiceError(
        .certificateRevoked, "The client certificate's device has been revoked.")

    private func refused(_ reason: ServiceError.Code, id: String? = nil) -> ServiceError {
        ServiceError(
            .credentialRefused, "The credential was refused.", reason: reason, cause: id.map(RefusedSecret.init(id:)))
    }
}
