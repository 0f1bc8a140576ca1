internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import PKI
internal import SwiftASN1
internal import X509

/// What `serverkeygen` has beside every other enrollment: a key that the signer makes, and its way to the device
/// (RFC 7030 §4.4, design §7).
struct ServerKeyGeneration: Sendable {
    let core: SignerCore
    private let generator = KeyGenerator()
    private let identities: KeyGenerationIdentities

    init(core: SignerCore) {
        self.core = core
        identities = KeyGenerationIdentities(core: core)
    }

    /// A key that was made and not yet recorded, with what goes out of it. Nobody sees it before its certificate is
    /// recorded.
    struct Made: Sendable {
        var publicKey: Certificate.PublicKey
        var publicKeyDER: [UInt8]
        var delivered: DeliveredKey
        /// Whom it is encrypted for; nil for one in clear.
        var recipientSHA256: Data?
        /// For the event.
        var remarks: [String]
    }

    /// What an earlier request of the same digest means for this one.
    enum Earlier: Sendable {
        /// The same again: the recorded message, DER.
        case sameMessage(Data)
        /// A fresh pair, in the place of the earlier one.
        case freshPair
    }

    /// - Throws: `unknownLabel` where the label has no such operation.
    static func requireServed(_ operation: EnrollmentOperation, by label: LabelDescription) throws {
        guard operation != .serverKeyGeneration || label.serverKeyGeneration != .off else {
            throw ServiceError(.unknownLabel, "The label «\(label.name)» makes no keys.")
        }
    }

    /// The recipient of the key; nil for other operations, and where the request asks for no encryption.
    func protection(
        for candidate: EnrollmentCandidate, earlier: CertificateRecord?, at now: Int64
    ) throws -> ResolvedProtection? {
        guard candidate.request.operation == .serverKeyGeneration else { return nil }
        let resolution = ProtectionResolution(
            candidate: candidate, wrapping: core.keyWrapping, device: earlier?.device, now: now)
        return try core.ledger.read { try resolution.resolve($0) }
    }

    /// What to do with a request that has led to a certificate before.
    ///
    /// - Throws: `keyAlreadyDelivered` where the identity is one that several devices share: a second pair might go to
    ///   another one.
    func again(
        _ earlier: CertificateRecord, for candidate: EnrollmentCandidate, protection: ResolvedProtection?
    ) throws -> Earlier {
        if let protection,
            let kept = try core.ledger.read({
                try DeliveredKeyTable.find($0, authority: earlier.authority, serial: earlier.serial)
            }), kept.recipientSHA256 == protection.recipientSHA256
        {
            return .sameMessage(kept.message)
        }
        guard !candidate.requester.isShared else {
            throw ServiceError(
                .keyAlreadyDelivered,
                "This request has led to a key before, which is not kept; its credential is one for several devices, so "
                    + "that nothing tells whether the same one asks again. Use a secret for this device alone, or ask "
                    + "for an encrypted key.")
        }
        return .freshPair
    }

    /// Makes a key. It is encrypted at once where that was asked for; of its plain form nothing stays then.
    func make(
        for candidate: EnrollmentCandidate, protection: ResolvedProtection?, deadline: ContinuousClock.Instant
    ) async throws -> Made {
        // Asked here again, where the key is made: whatever came before, none goes out in clear that was not to.
        guard candidate.certificationRequest.keyProtection == nil || protection != nil else {
            throw ServiceError(.unexpected, "The key's protection was lost.")
        }
        try candidate.label.requireKeyProtection(of: candidate.certificationRequest)
        guard let kind = candidate.profile.serverKey else {
            throw ServiceError(.unexpected, "The profile has no kind of key to make.")
        }
        let key = try await generator.make(kind, deadline: deadline)
        let publicKeyDER = try key.publicKeyInfo()
        let privateKey = try key.privateKeyInfo()
        let delivered: DeliveredKey
        if let protection {
            let identity = try await identities.identity(of: candidate.authority)
            delivered = .enveloped(try KeyMessage.make(privateKey, signedBy: identity, for: protection))
        } else {
            delivered = .plain(SecretBytes(privateKey.data))
        }
        return Made(
            publicKey: try Certificate.PublicKey(derEncoded: publicKeyDER), publicKeyDER: publicKeyDER,
            delivered: delivered, recipientSHA256: protection?.recipientSHA256,
            remarks: [
                "The key was made by the signer (\(kind.rawValue)).",
                "The key was \(protection?.remark ?? "protected by TLS alone").",
            ])
    }
}

/// What the record of an issuance has beside every other, where the signer made the key.
struct ServerKeyRecord: Sendable {
    /// The message with the encrypted key, DER, and whom it is for; nil for a key in clear, which is never kept.
    var message: Data?
    var recipientSHA256: Data?
    /// The certificate whose place this one takes.
    var superseded: CertificateRecord?

    /// Enters it with the certificate's record.
    func record(_ db: Database, certificate: SignedCertificate, authority: String, keptUntil: Int64, now: Int64) throws
    {
        if let message, let recipientSHA256 {
            try DeliveredKeyTable.insert(
                db,
                DeliveredKeyRecord(
                    authority: authority, serial: certificate.serial, message: message,
                    recipientSHA256: recipientSHA256, keptUntil: keptUntil))
        }
        if let superseded {
            try SupersededTable.insert(
                db,
                SupersededRecord(
                    authority: superseded.authority, serial: superseded.serial, successor: certificate.serial,
                    dueAt: now + SupersededSweep.grace))
        }
    }
}
