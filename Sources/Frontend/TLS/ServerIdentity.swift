internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

/// The key and the certificate chain that a frontend shows in TLS.
struct ServerIdentity: Sendable {
    /// PKCS#8, PEM.
    var keyPEM: String
    /// Leaf first, without the root, DER.
    var chain: [Data]
    var leaf: Certificate

    /// - Throws: ``IdentityError`` where the chain is empty, not readable, or its leaf is for another key.
    init(key: P256.Signing.PrivateKey, chain: [Data]) throws {
        guard let first = chain.first else { throw IdentityError("the chain is empty") }
        let leaf = try Certificate(derEncoded: Array(first))
        guard leaf.publicKey == Certificate.PrivateKey(key).publicKey else {
            throw IdentityError("the certificate is for another key")
        }
        self.keyPEM = key.pemRepresentation
        self.chain = chain
        self.leaf = leaf
    }

    func isValid(at time: Date) -> Bool {
        leaf.notValidBefore <= time && time < leaf.notValidAfter
    }

    /// When to ask for the next certificate: with a third of the validity left, and somewhat earlier by `jitter`
    /// (0 to 1), so that frontends set up together don't ask together.
    func renewalTime(jitter: Double) -> Date {
        let validity = leaf.notValidAfter.timeIntervalSince(leaf.notValidBefore)
        return leaf.notValidAfter.addingTimeInterval(-validity * (1.0 / 3 + jitter / 20))
    }
}

/// The node's TLS key or certificate can't be used as it is.
struct IdentityError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
