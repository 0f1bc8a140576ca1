extension SignatureAlgorithm {
    /// The AlgorithmIdentifier, DER: with NULL for RSA (RFC 4055 §5), without parameters else (RFC 5758, RFC 8410).
    package var algorithmIdentifier: [UInt8] {
        switch self {
        case .ecdsaWithSHA256: Self.ellipticCurve(2)
        case .ecdsaWithSHA384: Self.ellipticCurve(3)
        case .ecdsaWithSHA512: Self.ellipticCurve(4)
        case .rsaWithSHA256: Self.rsa(11)
        case .rsaWithSHA384: Self.rsa(12)
        case .rsaWithSHA512: Self.rsa(13)
        case .ed25519: [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70]
        }
    }

    /// 1.2.840.10045.4.3.x
    private static func ellipticCurve(_ last: UInt8) -> [UInt8] {
        [0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last]
    }

    /// 1.2.840.113549.1.1.x
    private static func rsa(_ last: UInt8) -> [UInt8] {
        [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last, 0x05, 0x00]
    }
}
