internal import COpenSSL
internal import Foundation

/// A certificate as libcrypto has it.
final class ParsedCertificate {
    private let certificate: OpaquePointer

    init(_ der: Data) throws {
        let parsed = der.withUnsafeBytes { bytes -> OpaquePointer? in
            var start = bytes.bindMemory(to: UInt8.self).baseAddress
            return d2i_X509(nil, &start, bytes.count)
        }
        guard let parsed else { throw CryptoLibraryError("libcrypto can't read a certificate") }
        certificate = parsed
    }

    deinit {
        X509_free(certificate)
    }

    /// For libcrypto's functions, which count a reference where they keep it. It stays alive while the body runs: a bare
    /// pointer would not keep it so.
    func withPointer<Result>(_ body: (OpaquePointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(certificate) }
    }

    var hasKeyIdentifier: Bool { withPointer { X509_get0_subject_key_id($0) != nil } }

    enum KeyKind {
        case rsa
        case ellipticCurve
        case other
    }

    var keyKind: KeyKind {
        withPointer {
            switch X509_get0_pubkey($0).map({ EVP_PKEY_get_base_id($0) }) {
            case EVP_PKEY_RSA: .rsa
            case EVP_PKEY_EC: .ellipticCurve
            default: .other
            }
        }
    }
}
