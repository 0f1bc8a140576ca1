internal import CNIOBoringSSL

/// BoringSSL's own functions, with keys that are ready and nothing around them.
final class RawCryptography {
    private let key: OpaquePointer
    private let message = (0..<500).map { UInt8(truncatingIfNeeded: $0) }
    private var signature = [UInt8](repeating: 0, count: 80)
    private var signatureLength: UInt32 = 0
    private var peer = [UInt8](repeating: 0, count: 32)
    private var digest = [UInt8](repeating: 0, count: 32)

    init() throws {
        guard let key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1) else {
            throw BenchFailure("BoringSSL has no P-256.")
        }
        self.key = key
        guard EC_KEY_generate_key(key) == 1 else { throw BenchFailure("BoringSSL makes no key.") }
        var peerPrivate = [UInt8](repeating: 0, count: 32)
        X25519_keypair(&peer, &peerPrivate)
        try perform(.sign)
    }

    deinit {
        EC_KEY_free(key)
    }

    func perform(_ operation: CryptographicFloor.Operation) throws {
        switch operation {
        case .keyAgreement:
            var (publicKey, privateKey) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32))
            X25519_keypair(&publicKey, &privateKey)
            guard X25519(&publicKey, privateKey, peer) == 1 else { throw BenchFailure("X25519 failed.") }
        case .sign:
            hash()
            signatureLength = UInt32(signature.count)
            guard ECDSA_sign(0, digest, digest.count, &signature, &signatureLength, key) == 1 else {
                throw BenchFailure("ECDSA made no signature.")
            }
        case .verify:
            hash()
            guard ECDSA_verify(0, digest, digest.count, signature, Int(signatureLength), key) == 1 else {
                throw BenchFailure("ECDSA refused its own signature.")
            }
        }
    }

    private func hash() {
        _ = SHA256(message, message.count, &digest)
    }
}
