internal import COpenSSL
internal import Foundation
internal import PKI

/// A key pair that this process has made, in libcrypto's memory, which clears it at the end.
final class GeneratedKey: @unchecked Sendable {
    // Safe to share: after the initialiser libcrypto only reads it, and counts its references with atomics.
    private let key: OpaquePointer

    /// Makes a key. An RSA key takes some tenths of a second.
    init(_ kind: ServerKey) throws {
        let (name, curve, bits): (String, String?, Int32?) =
            switch kind {
            case .p256: ("EC", "P-256", nil)
            case .p384: ("EC", "P-384", nil)
            case .ed25519: ("ED25519", nil, nil)
            case .rsa2048: ("RSA", nil, 2048)
            case .rsa3072: ("RSA", nil, 3072)
            }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, name, nil) else {
            throw CryptoLibraryError("libcrypto has no keys of the kind \(name)")
        }
        defer { EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1,
            curve.map({ EVP_PKEY_CTX_set_group_name(context, $0) == 1 }) ?? true,
            bits.map({ EVP_PKEY_CTX_set_rsa_keygen_bits(context, $0) == 1 }) ?? true,
            EVP_PKEY_generate(context, &made) == 1, let made
        else {
            throw CryptoLibraryError("libcrypto can't make a key of the kind \(kind.rawValue)")
        }
        key = made
    }

    deinit {
        EVP_PKEY_free(key)
    }

    /// For libcrypto's functions, which don't keep it without counting a reference.
    func withPointer<Result>(_ body: (OpaquePointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(key) }
    }

    /// The SubjectPublicKeyInfo, DER.
    func publicKeyInfo() throws -> [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = i2d_PUBKEY(key, &bytes)
        guard count > 0, let bytes else { throw CryptoLibraryError("libcrypto can't encode a public key") }
        defer { CRYPTO_free(bytes, "GeneratedKey", 0) }
        return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
    }

    /// The private key as PKCS#8, DER (RFC 5958): what `application/pkcs8` holds.
    func privateKeyInfo() throws -> SensitiveBytes {
        guard let info = EVP_PKEY2PKCS8(key) else { throw CryptoLibraryError("libcrypto can't export a private key") }
        defer { PKCS8_PRIV_KEY_INFO_free(info) }
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = i2d_PKCS8_PRIV_KEY_INFO(info, &bytes)
        guard count > 0, let bytes else { throw CryptoLibraryError("libcrypto can't encode a private key") }
        return SensitiveBytes(taking: bytes, count: Int(count))
    }
}

/// libcrypto refused to do what it always does. Never holds a key.
struct CryptoLibraryError: Error, CustomStringConvertible {
    let description: String

    /// Takes libcrypto's own reason along, and leaves its error queue empty for who comes next on this thread.
    init(_ message: String) {
        var text = [CChar](repeating: 0, count: 256)
        let code = ERR_get_error()
        ERR_error_string_n(code, &text, text.count)
        ERR_clear_error()
        let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        description = code == 0 ? message : "\(message): \(reason)"
    }
}
