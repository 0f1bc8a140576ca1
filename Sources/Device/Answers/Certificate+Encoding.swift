internal import Crypto
internal import SwiftASN1
package import X509

extension Certificate {
    /// DER.
    package var derEncoded: [UInt8] {
        get throws {
            var serializer = DER.Serializer()
            try serializer.serialize(self)
            return serializer.serializedBytes
        }
    }

    /// PEM, with a line break at the end.
    package var pem: String {
        get throws { try serializeAsPEM().pemString + "\n" }
    }

    /// SHA-256 of the certificate, DER.
    package var sha256: [UInt8] {
        get throws { Array(SHA256.hash(data: try derEncoded)) }
    }

    /// Whether it is for the key that signed it: a root's.
    var isSelfSigned: Bool { subject == issuer && publicKey.isValidSignature(signature, for: self) }
}
