internal import SwiftASN1

extension ObjectIdentifiers {
    /// Algorithms of CMS (RFC 3565, RFC 5084, RFC 3560, RFC 5753).
    enum Encryption {
        static let aes256CBC: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 42]
        static let aes256GCM: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 46]
        static let aes256Wrap: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 45]
        static let oaep: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 7]
        static let mgf1: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 8]

        static let hashes: [ASN1ObjectIdentifier: KeyEncryptionHash] = [
            [1, 3, 14, 3, 2, 26]: .sha1, [2, 16, 840, 1, 101, 3, 4, 2, 1]: .sha256,
            [2, 16, 840, 1, 101, 3, 4, 2, 2]: .sha384, [2, 16, 840, 1, 101, 3, 4, 2, 3]: .sha512,
        ]

        /// dhSinglePass-stdDH-…kdf-scheme
        static let keyAgreements: [ASN1ObjectIdentifier: KeyEncryptionHash] = [
            [1, 3, 132, 1, 11, 1]: .sha256, [1, 3, 132, 1, 11, 2]: .sha384, [1, 3, 132, 1, 11, 3]: .sha512,
        ]

        /// Other schemes, which a client may list and this server does not use: with SHA-1 or SHA-224, or with a cofactor.
        static let foreignKeyAgreements: Set<ASN1ObjectIdentifier> = [
            [1, 3, 133, 16, 840, 63, 0, 2], [1, 3, 133, 16, 840, 63, 0, 3], [1, 3, 132, 1, 11, 0],
            [1, 3, 132, 1, 14, 0], [1, 3, 132, 1, 14, 1], [1, 3, 132, 1, 14, 2], [1, 3, 132, 1, 14, 3],
        ]

        /// What encrypts content, supported or not: AES (CBC, GCM, CCM), Triple-DES, DES, RC2, RC5, Camellia, ChaCha20.
        static let ciphers: Set<ASN1ObjectIdentifier> = [
            [2, 16, 840, 1, 101, 3, 4, 1, 2], [2, 16, 840, 1, 101, 3, 4, 1, 22], aes256CBC,
            [2, 16, 840, 1, 101, 3, 4, 1, 6], [2, 16, 840, 1, 101, 3, 4, 1, 26], aes256GCM,
            [2, 16, 840, 1, 101, 3, 4, 1, 7], [2, 16, 840, 1, 101, 3, 4, 1, 27], [2, 16, 840, 1, 101, 3, 4, 1, 47],
            [1, 2, 840, 113549, 3, 7], [1, 3, 14, 3, 2, 7], [1, 2, 840, 113549, 3, 2], [1, 2, 840, 113549, 3, 9],
            [1, 2, 392, 200011, 61, 1, 1, 1, 2], [1, 2, 392, 200011, 61, 1, 1, 1, 3],
            [1, 2, 392, 200011, 61, 1, 1, 1, 4], [1, 2, 840, 113549, 1, 9, 16, 3, 18],
        ]
    }
}
