internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import GRDB
internal import PKI
internal import SwiftASN1
internal import X509

/// With what a key is encrypted for the client that asked for it, once its identifier is found and its capabilities fit.
struct ResolvedProtection: Sendable {
    enum Recipient: Sendable {
        case symmetric(identifier: [UInt8], key: SymmetricKey)
        /// The certificate, DER.
        case transport(certificate: Data, KeyTransport)
        case agreement(certificate: Data, KeyEncryptionHash)
    }

    var recipient: Recipient
    /// Tells this recipient from every other, also from another key under the same name; nothing of a key.
    var recipientSHA256: Data
    /// For the event.
    var remark: String
}

/// Finds the key that a request's identifier names: a named key of the operator's, or a certificate of this very device.
struct ProtectionResolution {
    var candidate: EnrollmentCandidate
    var wrapping: KeyWrapping
    /// The device that the request's names belong to, where an earlier outcome says so.
    var device: Int64?
    /// In seconds since 1970.
    var now: Int64

    /// - Returns: nil where the request asks for no encryption.
    /// - Throws: `decryptionKeyUnknown`, `keyEncryptionUnsupported`: never a key without the protection that was asked for.
    func resolve(_ db: Database) throws -> ResolvedProtection? {
        guard let asked = candidate.certificationRequest.keyProtection else { return nil }
        do {
            try asked.capabilities.requireContentEncryption()
            switch asked.identifier {
            case .symmetric(let identifier):
                try asked.capabilities.requireKeyWrap()
                return try symmetric(identifier, db)
            case .asymmetric(let identifier):
                return try asymmetric(identifier, asked.capabilities, db)
            }
        } catch let error as UnsupportedCapabilities {
            throw ServiceError(.keyEncryptionUnsupported, error.description, cause: error)
        }
    }

    private func symmetric(
        _ identifier: [UInt8], _ db: Database
    ) throws -> ResolvedProtection {
        // One answer for what is not there and for what is another's: identifiers are not to be guessed.
        guard let record = try KeyEncryptionKeyTable.find(db, identifier: Data(identifier)),
            record.label == nil || record.label == candidate.label.name, isFor(record.names)
        else {
            throw ServiceError(
                .decryptionKeyUnknown, "There is no key for this client under the request's DecryptKeyIdentifier.")
        }
        return ResolvedProtection(
            recipient: .symmetric(identifier: identifier, key: try wrapping.unwrap(record)),
            recipientSHA256: Data(SHA256.hash(data: Data("kek".utf8) + record.identifier + record.wrapped)),
            remark: "encrypted with the named key «\(KeyEncryptionKeyName.text(of: record.identifier))»")
    }

    private func isFor(_ bound: [String]?) -> Bool {
        guard let bound else { return true }
        let names = candidate.certificationRequest.names
        return !names.isEmpty && names.allSatisfy { NameRules.isBound($0, to: bound) }
    }

    private func asymmetric(
        _ identifier: [UInt8], _ capabilities: SMIMECapabilities, _ db: Database
    ) throws -> ResolvedProtection {
        let unknown = ServiceError(
            .decryptionKeyUnknown,
            "The AsymmetricDecryptKeyIdentifier is not the subject key identifier of a valid certificate of this device."
        )
        // The newest first: after a renewal with the same key several have the same identifier.
        guard let found = try certificates(db).last(where: { $0.hasIdentifier(identifier) }) else { throw unknown }
        guard
            try KeyTable.block(db, of: Data(SHA256.hash(data: try found.certificate.publicKey.derEncoded()))) == nil
        else { throw unknown }
        let usage = try found.certificate.extensions.keyUsage
        let recipient: ResolvedProtection.Recipient
        switch try ParsedCertificate(found.der).keyKind {
        case .rsa where usage?.keyEncipherment ?? true:
            recipient = .transport(certificate: found.der, try capabilities.keyTransport())
        case .ellipticCurve where usage?.keyAgreement ?? true:
            recipient = .agreement(certificate: found.der, try capabilities.keyAgreement())
        case .rsa, .ellipticCurve, .other:
            // RFC 7030 §4.4.1.2: explicitly for key transport or key agreement, or unrestricted.
            throw ServiceError(
                .decryptionKeyUnknown,
                "The certificate that the AsymmetricDecryptKeyIdentifier names is not for key encipherment or agreement."
            )
        }
        return ResolvedProtection(
            recipient: recipient,
            recipientSHA256: Data(SHA256.hash(data: Data("certificate".utf8) + found.der)),
            remark: "encrypted for the certificate \(Array(found.certificate.serialNumber.bytes).hexadecimal)")
    }

    private struct OwnCertificate {
        var der: Data
        var certificate: Certificate

        func hasIdentifier(_ identifier: [UInt8]) -> Bool {
            // Without the extension it is the usual hash of the key (RFC 5280 §4.2.1.2).
            let own =
                (try? certificate.extensions.subjectKeyIdentifier) ?? SubjectKeyIdentifier(hash: certificate.publicKey)
            return own.keyIdentifier.elementsEqual(identifier)
        }
    }

    /// The client's certificates that are valid now and not revoked, oldest first: those of its device, and the one that
    /// it came with from its manufacturer, where it has shown that. Nobody else's are looked at.
    private func certificates(_ db: Database) throws -> [OwnCertificate] {
        var own: [OwnCertificate] = []
        if let shown = candidate.requester.manufacturer, let der = candidate.request.clientChain.first {
            own.append(OwnCertificate(der: der, certificate: shown.certificate))
        }
        let device =
            try candidate.requester.device ?? device ?? NameRules.manufacturedDevice(candidate.requester, db)
            ?? holder(db)
        guard let device else { return own }
        return try own
            + CertificateTable.live(db, device: device, at: now).filter { $0.notBefore <= now }.map {
                OwnCertificate(der: $0.der, certificate: try Certificate(derEncoded: Array($0.der)))
            }
    }

    /// The one device that holds names of the request. Whether this client may speak for it the name rules judge, before
    /// anything is issued.
    private func holder(_ db: Database) throws -> Int64? {
        var devices: Set<Int64> = []
        for name in candidate.certificationRequest.names {
            if let holding = try NameTable.find(db, name: name.description), holding.heldUntil >= now {
                devices.insert(holding.device)
            }
        }
        return devices.count == 1 ? devices.first : nil
    }
}
