internal import Foundation
internal import X509

@testable internal import PKI

/// Certificates that stay the same, made with `openssl`; their keys are thrown away, so that nobody can make another one.
enum FuzzFixtures {
    /// Signs ``device``.
    static let authority = der(
        """
        MIIBjTCCATSgAwIBAgIUHXa0Y3DjSaX5JS7CUypaQkhz8eYwCgYIKoZIzj0EAwIwEjEQMA4GA1UEAwwHRnV6eiBDQTAgFw0yNjEx
        MjMyMjIxMzJaGA8yMTI2MTAzMDIyMjEzMlowEjEQMA4GA1UEAwwHRnV6eiBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEqN
        YMcJbJukl29YBGx3OIO9tWrcuVY4U8Z4/ETRlxPFIf3T4aJpxsaibLFeiKJxQCN225p4b5/PemEeHTRfgOOjZjBkMB0GA1UdDgQW
        BBRxbfslcVKozqKDIXpFSArLiPFf3TAfBgNVHSMEGDAWgBRxbfslcVKozqKDIXpFSArLiPFf3TASBgNVHRMBAf8ECDAGAQH/AgEA
        MA4GA1UdDwEB/wQEAwIBBjAKBggqhkjOPQQDAgNHADBEAiATY8RVjnQy+4pfMSN1DjpnLd263OZDxJOe/vlu4GvWMgIgX0q1/k88
        as1HAVzMD8jCmC+YmUG3nZCQd1VV3Zte+JY=
        """)

    static let device = der(
        """
        MIIBxzCCAW2gAwIBAgIUJhWJCCeKDwQD8XZ1XuowImlN2vYwCgYIKoZIzj0EAwIwEjEQMA4GA1UEAwwHRnV6eiBDQTAgFw0yNjEx
        MjMyMjIxMzJaGA8yMTI2MTAzMDIyMjEzMlowEzERMA8GA1UEAwwIc2Vuc29yLTEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQN
        Q3PNaBE0zQbESXGnRVGZeN9O9E9dscseAmbOEOK+h/7A0nRjytLm7jDPNeJfyP3AGJq8LkqACyX6wc0qfTSVo4GdMIGaMAwGA1Ud
        EwEB/wQCMAAwDgYDVR0PAQH/BAQDAgeAMBMGA1UdJQQMMAoGCCsGAQUFBwMCMCUGA1UdEQQeMByCFHNlbnNvci0xLmV4YW1wbGUu
        Y29thwQKAAABMB0GA1UdDgQWBBSvD9/ixVPWYREy2UWLGFNevTxOETAfBgNVHSMEGDAWgBRxbfslcVKozqKDIXpFSArLiPFf3TAK
        BggqhkjOPQQDAgNIADBFAiBe2BIiEOgmOHS3L6fhxKlyAFl5JlvOV087F6KrMDLtSQIhAMUPqj5MeiWXNaOfT1uT2zmKaNneTLj9
        ha6wlKAuUFmg
        """)

    /// A manufacturer's: the root, what the root has signed, and the device's certificate.
    static let makerRoot = der(
        """
        MIIBsjCCAVegAwIBAgIUDmeLUnu4QK1Goq+eTBdI4Clpo5QwCgYIKoZIzj0EAwIwJTEOMAwGA1UECgwFTWFrZXIxEzARBgNVBAMM
        Ck1ha2VyIFJvb3QwIBcNMjYxMTIzMjIyMTMyWhgPMjEyNjEwMzAyMjIxMzJaMCUxDjAMBgNVBAoMBU1ha2VyMRMwEQYDVQQDDApN
        YWtlciBSb290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEETK+VHMyJT5Yzkbax+cVK7QrWCdqeDOVM4CJp7WPKVS4u9hCPz6q
        MAdvCzbxwF/bcQ3Anc3XsLWJta76X+YkeKNjMGEwHQYDVR0OBBYEFEgKXO6Z2IHaeKwpSzu99e0RLCQMMB8GA1UdIwQYMBaAFEgK
        XO6Z2IHaeKwpSzu99e0RLCQMMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMAoGCCqGSM49BAMCA0kAMEYCIQDmIrLi
        DwoKO/gjlpnpeqyoFidSoZEqfftalPo3V7fDYQIhAOaKNaScEQARoRKKV2MVY7NBNL1XITUvpmIVEZAzKZxA
        """)

    static let makerIntermediate = der(
        """
        MIIBtjCCAVygAwIBAgIUR3eo1NjzC0r3rbmF/7DudsKmWMwwCgYIKoZIzj0EAwIwJTEOMAwGA1UECgwFTWFrZXIxEzARBgNVBAMM
        Ck1ha2VyIFJvb3QwIBcNMjYxMTIzMjIyMTMyWhgPMjEyNjEwMzAyMjIxMzJaMCcxDjAMBgNVBAoMBU1ha2VyMRUwEwYDVQQDDAxN
        YWtlciBMaW5lIDcwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASyDkBq2B3PQ6tEFbXojymGXw08ODVHbtkktgocfPqBVV0jeEOw
        4a0Me2vw9TpfF14+4Jd+lPuXoN2nwNFpPh8Ro2YwZDASBgNVHRMBAf8ECDAGAQH/AgEAMA4GA1UdDwEB/wQEAwIBBjAdBgNVHQ4E
        FgQUiJXLyfOlMoS2/PK1nXJmf+LBG38wHwYDVR0jBBgwFoAUSApc7pnYgdp4rClLO7317REsJAwwCgYIKoZIzj0EAwIDSAAwRQIg
        eMy9k8Vg95+8rUVa4Y4587K03DWbrcPDq2BchY4jBJMCIQDqtwWyB6KF9ottc5+awdCcvfP3kNn+x7TThs21OasHEg==
        """)

    static let makerDevice = der(
        """
        MIIBwzCCAWigAwIBAgIUCA/SPp+FFQPVm4VG7Djil3tw7EgwCgYIKoZIzj0EAwIwJzEOMAwGA1UECgwFTWFrZXIxFTATBgNVBAMM
        DE1ha2VyIExpbmUgNzAgFw0yNjExMjMyMjIxMzNaGA8yMTI2MTAzMDIyMjEzM1owIjEOMAwGA1UECgwFTWFrZXIxEDAOBgNVBAUT
        B1NOLTAwMDcwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARQWy0cGeKwejMk51m5eIdlLTF8iCDu8cjO9BMB8VKLAbkZrGm9o0mh
        veFODe2hI9SMm2Ee3qlmhrmjM9DINUKfo3UwczAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDATBgNVHSUEDDAKBggrBgEF
        BQcDAjAfBgNVHSMEGDAWgBSIlcvJ86UyhLb88rWdcmZ/4sEbfzAdBgNVHQ4EFgQUi9UEfm3NxwzcBzsAJ+yGtLAZV2AwCgYIKoZI
        zj0EAwIDSQAwRgIhAObKMRen9FJirdKDH63YdZMg8q+HeU+oWV1VKI1+mJwnAiEAvfHqsQwLtOTGM3TYly18qeKuJd94cI6oMlY8
        gH1ZE9s=
        """)

    /// A request of ``device``.
    static let request = der(
        """
        MIHNMHUCAQAwEzERMA8GA1UEAwwIc2Vuc29yLTEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQNQ3PNaBE0zQbESXGnRVGZeN9O
        9E9dscseAmbOEOK+h/7A0nRjytLm7jDPNeJfyP3AGJq8LkqACyX6wc0qfTSVoAAwCgYIKoZIzj0EAwIDSAAwRQIgE8SIbSexM3Kk
        G/Har1jGJKRLwcQpVZXBGtmv+mDb9ZkCIQCdSp8jxR6RICQey8EyeAiZFX5D9TtqbtwYn4PnDi2aew==
        """)

    private static func der(_ base64: String) -> [UInt8] {
        Array(Data(base64Encoded: base64, options: .ignoreUnknownCharacters)!)
    }

    /// A profile that admits something of everything.
    static let profile = Profile(
        name: "fuzz", version: 1,
        keys: [.p256, .p384, .p521, .ed25519, .rsa(minimumBits: 2048, maximumBits: 4096, minimumExponent: 65_537)],
        signatureAlgorithms: SignatureAlgorithm.allCases,
        keyUsage: KeyUsageRule(
            standard: [.digitalSignature], allowed: [.digitalSignature, .keyEncipherment, .nonRepudiation],
            narrows: true),
        extendedKeyUsage: ExtendedKeyUsageRule(
            standard: ["1.3.6.1.5.5.7.3.2"], allowed: ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4"]),
        validity: ValidityRule(standard: 86_400, maximum: 864_000, backdating: 60, longer: .clamp),
        subject: SubjectRule(attributes: [
            .init(type: "2.5.4.3", required: false, pattern: nil, maximumCount: 2),
            .init(type: "2.5.4.5", required: false, pattern: "[A-Z]{2}[0-9]+", maximumCount: 1),
            .init(type: "2.5.4.6", required: false, pattern: nil, maximumCount: 1),
            .init(type: "2.5.4.10", required: false, pattern: nil, maximumCount: 1),
            .init(type: "2.5.4.11", required: false, pattern: nil, maximumCount: 3),
        ]),
        names: AlternativeNameRule(
            dnsSuffixes: ["example.com", "gateway"], dnsWildcards: ["wild.example.com"],
            ipNetworks: ["10.0.0.0/8", "2001:db8::/32"], uriPrefixes: ["urn:example:", "https://example.com/devices/"],
            emailDomains: ["example.com"], maximumCount: 8, reservedHosts: ["est.example.com", "localhost", "::1"]),
        allowsKeyReuse: false, ignoredExtensions: ["1.3.6.1.4.1.311.20.2"])
}
