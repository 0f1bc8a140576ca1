internal import Crypto
internal import CryptoExtras
internal import PKI
internal import X509

extension SignatureAlgorithm {
    /// The algorithm that swift-certificates signs with where it is given a key of this kind.
    init(signingWith key: Certificate.PublicKey) {
        self =
            if P256.Signing.PublicKey(key) != nil {
                .ecdsaWithSHA256
            } else if P384.Signing.PublicKey(key) != nil {
                .ecdsaWithSHA384
            } else if P521.Signing.PublicKey(key) != nil {
                .ecdsaWithSHA512
            } else if Curve25519.Signing.PublicKey(key) != nil {
                .ed25519
            } else {
                .rsaWithSHA256
            }
    }
}

extension Certificate.SignatureAlgorithm {
    init(_ algorithm: SignatureAlgorithm) {
        self =
            switch algorithm {
            case .ecdsaWithSHA256: .ecdsaWithSHA256
            case .ecdsaWithSHA384: .ecdsaWithSHA384
            case .ecdsaWithSHA512: .ecdsaWithSHA512
            case .rsaWithSHA256: .sha256WithRSAEncryption
            case .rsaWithSHA384: .sha384WithRSAEncryption
            case .rsaWithSHA512: .sha512WithRSAEncryption
            case .ed25519: .ed25519
            }
    }
}
