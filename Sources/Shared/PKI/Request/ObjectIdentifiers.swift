internal import SwiftASN1

/// The object identifiers that this module knows by name.
enum ObjectIdentifiers {
    enum Key {
        static let ellipticCurve: ASN1ObjectIdentifier = [1, 2, 840, 10045, 2, 1]
        static let rsa: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 1]
        static let ed25519: ASN1ObjectIdentifier = [1, 3, 101, 112]
        static let p256: ASN1ObjectIdentifier = [1, 2, 840, 10045, 3, 1, 7]
        static let p384: ASN1ObjectIdentifier = [1, 3, 132, 0, 34]
        static let p521: ASN1ObjectIdentifier = [1, 3, 132, 0, 35]

        /// Curves and kinds of key that are known and not supported, for the refusal's text.
        static let names: [ASN1ObjectIdentifier: String] = [
            [1, 2, 840, 10045, 3, 1, 1]: "P-192", [1, 3, 132, 0, 33]: "P-224", [1, 3, 132, 0, 10]: "secp256k1",
            [1, 3, 36, 3, 3, 2, 8, 1, 1, 7]: "brainpoolP256r1", [1, 3, 36, 3, 3, 2, 8, 1, 1, 11]: "brainpoolP384r1",
            [1, 3, 36, 3, 3, 2, 8, 1, 1, 13]: "brainpoolP512r1", [1, 2, 840, 113549, 1, 1, 10]: "RSA-PSS",
            [1, 3, 101, 113]: "Ed448", [1, 3, 101, 110]: "X25519", [1, 3, 101, 111]: "X448",
            [1, 2, 840, 10040, 4, 1]: "DSA", [2, 16, 840, 1, 101, 3, 4, 3, 17]: "ML-DSA-44",
            [2, 16, 840, 1, 101, 3, 4, 3, 18]: "ML-DSA-65", [2, 16, 840, 1, 101, 3, 4, 3, 19]: "ML-DSA-87",
        ]
    }

    enum Signature {
        static let supported: [ASN1ObjectIdentifier: SignatureAlgorithm] = [
            [1, 2, 840, 10045, 4, 3, 2]: .ecdsaWithSHA256, [1, 2, 840, 10045, 4, 3, 3]: .ecdsaWithSHA384,
            [1, 2, 840, 10045, 4, 3, 4]: .ecdsaWithSHA512, [1, 2, 840, 113549, 1, 1, 11]: .rsaWithSHA256,
            [1, 2, 840, 113549, 1, 1, 12]: .rsaWithSHA384, [1, 2, 840, 113549, 1, 1, 13]: .rsaWithSHA512,
            [1, 3, 101, 112]: .ed25519,
        ]

        /// Algorithms that are known and not supported, for the refusal's text.
        static let names: [ASN1ObjectIdentifier: String] = [
            [1, 2, 840, 10045, 4, 1]: "ecdsa-sha1", [1, 2, 840, 10045, 4, 3, 1]: "ecdsa-sha224",
            [1, 2, 840, 113549, 1, 1, 4]: "rsa-md5", [1, 2, 840, 113549, 1, 1, 5]: "rsa-sha1",
            [1, 2, 840, 113549, 1, 1, 14]: "rsa-sha224", [1, 2, 840, 113549, 1, 1, 10]: "rsa-pss",
            [1, 3, 101, 113]: "ed448",
        ]
    }

    enum Attribute {
        static let challengePassword: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 7]
        static let extensionRequest: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 14]
        /// RFC 6402 §2.8
        static let changeSubjectName: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 7, 36]
        /// RFC 9908 §3.4
        static let certificationRequestInfoTemplate: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 2, 61]
        /// RFC 9908 §3.4
        static let extensionRequestTemplate: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 2, 62]
        /// RFC 8551 §2.5.2
        static let capabilities: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 15]
        /// RFC 4108 §2.2.5
        static let decryptKeyIdentifier: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 2, 37]
        /// RFC 7030 §4.4.1.2
        static let asymmetricDecryptKeyIdentifier: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 2, 54]

        /// Those that ask for an encrypted key.
        static let keyProtection: Set<ASN1ObjectIdentifier> = [
            capabilities, decryptKeyIdentifier, asymmetricDecryptKeyIdentifier,
        ]
    }

    enum Extension {
        static let subjectKeyIdentifier: ASN1ObjectIdentifier = [2, 5, 29, 14]
        static let keyUsage: ASN1ObjectIdentifier = [2, 5, 29, 15]
        static let privateKeyUsagePeriod: ASN1ObjectIdentifier = [2, 5, 29, 16]
        static let subjectAlternativeName: ASN1ObjectIdentifier = [2, 5, 29, 17]
        static let basicConstraints: ASN1ObjectIdentifier = [2, 5, 29, 19]
        /// RFC 5280 §5.2.3
        static let revocationListNumber: ASN1ObjectIdentifier = [2, 5, 29, 20]
        static let extendedKeyUsage: ASN1ObjectIdentifier = [2, 5, 29, 37]
        static let certificatePolicies: ASN1ObjectIdentifier = [2, 5, 29, 32]

        static let known: Set<ASN1ObjectIdentifier> = [
            subjectKeyIdentifier, keyUsage, privateKeyUsagePeriod, subjectAlternativeName, basicConstraints,
            extendedKeyUsage,
        ]
    }

    enum Usage {
        static let clientAuthentication: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 3, 2]
        static let any: ASN1ObjectIdentifier = [2, 5, 29, 37, 0]
        /// RFC 6402 §2.10: a registration authority.
        static let registrationAuthority: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 3, 28]
    }

    /// RFC 5280 §5, RFC 6960 §4.4
    enum Revocation {
        static let sha1: ASN1ObjectIdentifier = [1, 3, 14, 3, 2, 26]
        static let sha256: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 1]
        static let nonce: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 48, 1, 2]

        /// nonce, acceptable response types, service locator, preferred signature algorithms: none of them changes an
        /// answer, and all of them are known.
        static let requestExtensions: Set<ASN1ObjectIdentifier> = [
            nonce, [1, 3, 6, 1, 5, 5, 7, 48, 1, 4], [1, 3, 6, 1, 5, 5, 7, 48, 1, 7], [1, 3, 6, 1, 5, 5, 7, 48, 1, 8],
        ]
    }

    enum Name {
        static let commonName: ASN1ObjectIdentifier = [2, 5, 4, 3]
        static let emailAddress: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 1]
        static let domainComponent: ASN1ObjectIdentifier = [0, 9, 2342, 19_200_300, 100, 1, 25]
    }

    private static let remembered = Remembered<ASN1ObjectIdentifier?>()

    /// As ``parse(_:)``, once for all that ask.
    /// - Parameter dotted: from a configuration or catalogue, never from a client.
    static func known(_ dotted: String) -> ASN1ObjectIdentifier? {
        remembered.value(for: dotted, make: parse)
    }

    /// The identifier that a configuration writes with dots; nil for what is none, or has numbers beyond 32 bits.
    static func parse(_ dotted: String) -> ASN1ObjectIdentifier? {
        let numbers = dotted.split(separator: ".", omittingEmptySubsequences: false)
        guard (2...32).contains(numbers.count),
            numbers.allSatisfy({ number in
                number.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt32(number) != nil
                    && (number.count == 1 || number.first != "0")
            }), let first = UInt32(numbers[0]), let second = UInt32(numbers[1]), first < 2 ? second < 40 : first == 2
        else { return nil }
        return try? ASN1ObjectIdentifier(dotRepresentation: dotted)
    }
}
