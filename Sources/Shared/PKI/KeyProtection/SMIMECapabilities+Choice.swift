internal import SwiftASN1

/// A hash function of a key derivation or of RSAES-OAEP.
package enum KeyEncryptionHash: Sendable, Equatable, CaseIterable {
    /// RSAES-OAEP only: RFC 4055 makes it the default there, and what OAEP needs of a hash function SHA-1 still has.
    case sha1
    case sha256
    case sha384
    case sha512
}

/// How the content's key gets to a recipient with an RSA key.
package enum KeyTransport: Sendable, Equatable {
    /// RSAES-PKCS1-v1_5.
    case pkcs1
    /// RSAES-OAEP, the same hash function in MGF1.
    case oaep(KeyEncryptionHash)
}

/// A request's SMIMECapabilities have nothing in common with what this server can do. The answer to it is 400.
package struct UnsupportedCapabilities: Error, Equatable, CustomStringConvertible {
    /// One sentence that says what would do.
    package let description: String
}

/// Which of a client's algorithms are taken.
///
/// RFC 7030 §4.4.2 takes the algorithm of the key's encryption from the list, to the letter: without one that fits there
/// is no answer. Of the content's encryption it says nothing, so that a list without any such algorithm gets AES-256-CBC.
/// AES-256-GCM would need an AuthEnvelopedData, where RFC 7030 names EnvelopedData alone.
extension SMIMECapabilities {
    private typealias Known = ObjectIdentifiers.Encryption

    /// Requires that the client takes AES-256-CBC for the content.
    ///
    /// - Throws: ``UnsupportedCapabilities`` where the client lists ciphers, and it is not among them.
    package func requireContentEncryption() throws {
        guard lists(Known.aes256CBC) || !all.contains(where: { Known.ciphers.contains($0.identifier) }) else {
            throw UnsupportedCapabilities(
                description: "Of the ciphers in the SMIMECapabilities none is supported: AES-256-CBC is.")
        }
    }

    /// Requires that a content key may be wrapped by a symmetric key of 256 bits (RFC 3394, RFC 3565 §2.3.2).
    package func requireKeyWrap() throws {
        guard lists(Known.aes256Wrap) else {
            throw UnsupportedCapabilities(
                description: "A symmetric key encrypts with id-aes256-wrap, which the SMIMECapabilities do not list.")
        }
    }

    /// How to encrypt for an RSA key: RSAES-OAEP wherever the client can (RFC 3560).
    package func keyTransport() throws -> KeyTransport {
        for capability in all where capability.identifier == Known.oaep {
            if let hash = Self.oaepHash(capability.parameters) { return .oaep(hash) }
        }
        guard lists(ObjectIdentifiers.Key.rsa) else {
            throw UnsupportedCapabilities(
                description:
                    "For an RSA key the SMIMECapabilities must list RSAES-OAEP, with one hash function for both "
                    + "uses and no label, or rsaEncryption.")
        }
        return .pkcs1
    }

    /// How to agree on a key with an elliptic curve key: ephemeral-static ECDH, the content's key wrapped with AES-256
    /// (RFC 5753 §7.2); the hash function of the derivation.
    package func keyAgreement() throws -> KeyEncryptionHash {
        let schemes = all.filter { Known.keyAgreements[$0.identifier] != nil }
        for scheme in schemes {
            guard let hash = Known.keyAgreements[scheme.identifier] else { continue }
            guard let parameters = scheme.parameters else {
                if lists(Known.aes256Wrap) { return hash }
                continue
            }
            if Self.algorithm(parameters)?.identifier == Known.aes256Wrap { return hash }
        }
        // A client may name the key wrap alone: RFC 7030 speaks of nothing else.
        let namesNone = !all.contains { Known.foreignKeyAgreements.contains($0.identifier) }
        if schemes.isEmpty, namesNone, lists(Known.aes256Wrap) { return .sha256 }
        throw UnsupportedCapabilities(
            description:
                "For an elliptic curve key the SMIMECapabilities must list dhSinglePass-stdDH-sha256kdf-scheme, "
                + "or the same with SHA-384 or SHA-512, with id-aes256-wrap.")
    }

    private func lists(_ identifier: ASN1ObjectIdentifier) -> Bool {
        all.contains { $0.identifier == identifier }
    }

    /// The hash function of RSAES-OAEP-params (RFC 4055 §4.1); nil for parameters that are not supported.
    private static func oaepHash(_ parameters: [UInt8]?) -> KeyEncryptionHash? {
        guard let parameters else { return .sha1 }
        guard let node = try? DER.parse(parameters), let parts = try? RequestOutline.children(of: node, "") else {
            return nil
        }
        var hash = KeyEncryptionHash.sha1
        var maskHash = KeyEncryptionHash.sha1
        for part in IteratorSequence(parts) {
            guard part.identifier.tagClass == .contextSpecific, case .constructed(let inner) = part.content,
                let value = inner.first(where: { _ in true }), let found = algorithm(Array(value.encodedBytes))
            else { return nil }
            switch part.identifier.tagNumber {
            case 0:
                guard let known = Known.hashes[found.identifier] else { return nil }
                hash = known
            case 1:
                guard found.identifier == Known.mgf1, let parameters = found.parameters,
                    let known = algorithm(parameters).flatMap({ Known.hashes[$0.identifier] })
                else { return nil }
                maskHash = known
            // A label that is not empty: nobody uses one, and it would have to be repeated.
            default: return nil
            }
        }
        return hash == maskHash ? hash : nil
    }

    /// An AlgorithmIdentifier, taken apart.
    private static func algorithm(_ bytes: [UInt8]) -> Capability? {
        guard let node = try? DER.parse(bytes), var parts = try? RequestOutline.children(of: node, ""),
            let identifier = try? ASN1ObjectIdentifier(derEncoded: &parts)
        else { return nil }
        return Capability(identifier: identifier, parameters: parts.next().map { Array($0.encodedBytes) })
    }
}
