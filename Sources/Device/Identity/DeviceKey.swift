internal import Crypto
internal import CryptoExtras
internal import Foundation
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
        case rsa2048 = "rsa-2048"
        case rsa3072 = "rsa-3072"
        case rsa4096 = "rsa-4096"
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
        get throws { try privateKey.serializeAsPEM().pemString + "\n" }
    }

    package var publicKey: Certificate.PublicKey { privateKey.publicKey }
}
