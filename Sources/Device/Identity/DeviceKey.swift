internal import Crypto
internal import CryptoExtras
internal import SwiftASN1
package import X509

/// A device's private key.
package struct DeviceKey: Sendable {
    /// The kinds of key that a device can make for itself.
    package enum Kind: String, CaseIterable, Sendable {
        case p256
        case p384
        case p521
        case ed25519
        case rsa2048
        case rsa3072
        case rsa4096
    }

    package let privateKey: Certificate.PrivateKey

    package init(_ privateKey: Certificate.PrivateKey) {
        self.privateKey = privateKey
    }

    /// Makes a new key.
    package static func generate(_ kind: Kind) throws -> DeviceKey {
        switch kind {
        case .p256: DeviceKey(.init(P256.Signing.PrivateKey()))
        case .p384: DeviceKey(.init(P384.Signing.PrivateKey()))
        case .p521: DeviceKey(.init(P521.Signing.PrivateKey()))
        case .ed25519: DeviceKey(.init(Curve25519.Signing.PrivateKey()))
        case .rsa2048: DeviceKey(.init(try _RSA.Signing.PrivateKey(keySize: .bits2048)))
        case .rsa3072: DeviceKey(.init(try _RSA.Signing.PrivateKey(keySize: .bits3072)))
        case .rsa4096: DeviceKey(.init(try _RSA.Signing.PrivateKey(keySize: .bits4096)))
        }
    }

    /// Reads a key in PEM: PKCS#8, SEC 1 or PKCS#1, not encrypted.
    package init(pem: String) throws {
        privateKey = try Certificate.PrivateKey(pemEncoded: pem)
    }

    /// PKCS#8 in PEM.
    package var pem: String {
        get throws {
            let document = try privateKey.serializeAsPEM()
            guard document.discriminator == "RSA PRIVATE KEY" else { return document.pemString + "\n" }
            // PKCS#1, which not every reader knows.
            return try _RSA.Signing.PrivateKey(derRepresentation: document.derBytes).pkcs8PEMRepresentation + "\n"
        }
    }

    package var publicKey: Certificate.PublicKey { privateKey.publicKey }

    /// nil for a kind that a device does not make: an RSA key of another size.
    package var kind: Kind? {
        var serializer = DER.Serializer()
        guard (try? serializer.serialize(publicKey)) != nil,
            let fields = try? DER.parse(serializer.serializedBytes).children(), fields.count == 2,
            let algorithm = try? fields[0].children(), let name = algorithm.first,
            let identifier = try? ASN1ObjectIdentifier(derEncoded: name)
        else { return nil }
        switch identifier {
        case CSRAttributesAnswer.Known.ed25519: return .ed25519
        case CSRAttributesAnswer.Known.ecPublicKey:
            return algorithm.dropFirst().first.flatMap { try? ASN1ObjectIdentifier(derEncoded: $0) }
                .flatMap(CSRAttributesAnswer.kind(ofCurve:))
        case CSRAttributesAnswer.Known.rsaEncryption:
            guard let bits = try? ASN1BitString(derEncoded: fields[1]),
                let modulus = try? DER.parse(Array(bits.bytes)).children().first,
                case .primitive(let bytes) = modulus.content
            else { return nil }
            return [Kind.rsa2048, .rsa3072, .rsa4096].first { $0.rsaBytes == bytes.drop { $0 == 0 }.count }
        default: return nil
        }
    }
}

extension DeviceKey.Kind {
    /// The length of an RSA key's modulus.
    fileprivate var rsaBytes: Int? {
        switch self {
        case .rsa2048: 256
        case .rsa3072: 384
        case .rsa4096: 512
        default: nil
        }
    }
}
