/// The attributes of a `serverkeygen` request.
extension TestRequest {
    /// DecryptKeyIdentifier (RFC 4108 §2.2.5).
    package static func decryptKeyIdentifier(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        attribute("1.2.840.113549.1.9.16.2.37", [element(0x04, Array(bytes))])
    }

    /// AsymmetricDecryptKeyIdentifier (RFC 7030 §4.4.1.2).
    package static func asymmetricDecryptKeyIdentifier(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        attribute("1.2.840.113549.1.9.16.2.54", [element(0x04, Array(bytes))])
    }

    /// SMIMECapabilities (RFC 8551 §2.5.2).
    package static func capabilities(_ list: [[UInt8]]) -> [UInt8] {
        attribute("1.2.840.113549.1.9.15", [sequence(list)])
    }

    /// One of SMIMECapabilities, or another AlgorithmIdentifier.
    package static func algorithm(_ dotted: String, _ parameters: [UInt8]? = nil) -> [UInt8] {
        sequence([identifier(dotted)] + (parameters.map { [$0] } ?? []))
    }

    package static let aes256CBC = algorithm("2.16.840.1.101.3.4.1.42")
    package static let aes256GCM = algorithm("2.16.840.1.101.3.4.1.46")
    package static let aes256Wrap = algorithm("2.16.840.1.101.3.4.1.45")
    package static let rsaEncryption = algorithm("1.2.840.113549.1.1.1", [0x05, 0x00])
    /// RSAES-OAEP with SHA-256 in both places (RFC 4055 §4.1).
    package static let oaepSHA256: [UInt8] = {
        let sha256 = algorithm("2.16.840.1.101.3.4.2.1", [0x05, 0x00])
        return algorithm(
            "1.2.840.113549.1.1.7",
            sequence([element(0xa0, sha256), element(0xa1, algorithm("1.2.840.113549.1.1.8", sha256))]))
    }()
    /// dhSinglePass-stdDH-sha256kdf-scheme with AES-256 key wrap (RFC 5753 §7.2).
    package static let ecdhSHA256 = algorithm("1.3.132.1.11.1", aes256Wrap)
}
