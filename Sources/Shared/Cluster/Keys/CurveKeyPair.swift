internal import CZeroMQ

/// A process's own CURVE key. Only the public half is ever shown.
package struct CurveKeyPair: Sendable {
    package let publicKey: CurvePublicKey

    /// The secret half, Z85. For libzmq's socket option and the key file only.
    let secretKey: String

    /// The secret half, Z85, for a file in which a new node gets it. Whoever reads it must not let it out.
    package var revealedSecretKey: String { secretKey }

    /// Makes a new pair from libzmq's generator.
    package static func generate() throws -> CurveKeyPair {
        var publicKey = [CChar](repeating: 0, count: CurvePublicKey.z85Length + 1)
        var secretKey = publicKey
        guard zmq_curve_keypair(&publicKey, &secretKey) == 0 else {
            throw TransportError(.zeroMQ, "libzmq makes no CURVE keys: it was built without libsodium or tweetnacl.")
        }
        return CurveKeyPair(publicKey: try CurvePublicKey(z85: text(publicKey)), secretKey: text(secretKey))
    }

    /// The pair of a secret half.
    ///
    /// - Throws: ``TransportError`` with code `invalidKey`; the message does not repeat the text.
    package init(secretKey: String) throws {
        _ = try CurvePublicKey(z85: secretKey)
        var publicKey = [CChar](repeating: 0, count: CurvePublicKey.z85Length + 1)
        guard zmq_curve_public(&publicKey, secretKey) == 0 else {
            throw TransportError(.invalidKey, "libzmq does not take this CURVE key.")
        }
        self.init(publicKey: try CurvePublicKey(z85: Self.text(publicKey)), secretKey: secretKey)
    }

    private init(publicKey: CurvePublicKey, secretKey: String) {
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension CurveKeyPair: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "CURVE key \(publicKey)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}
