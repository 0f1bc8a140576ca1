package import NIOSSL
package import X509

/// How a device trusts the server, and what it shows of itself in TLS (RFC 7030 §3.3, §3.6).
package struct ClientTLS: Sendable {
    package enum Trust: Sendable {
        /// The explicit trust anchor database: nothing else is trusted.
        case anchors([Certificate])
        /// The implicit one: the system's own authorities.
        case system
        /// Nothing is verified: for the first contact alone, whose answer is verified otherwise.
        case provisional
    }

    /// A certificate with its key, shown to the server.
    package struct Identity: Sendable {
        /// Leaf first.
        package var chain: [Certificate]
        package var key: DeviceKey

        package init(chain: [Certificate], key: DeviceKey) {
            self.chain = chain
            self.key = key
        }
    }

    package var trust: Trust
    package var identity: Identity?
    package var minimumVersion: TLSVersion = .tlsv12
    package var maximumVersion: TLSVersion = .tlsv13

    package init(trust: Trust, identity: Identity? = nil) {
        self.trust = trust
        self.identity = identity
    }

    /// - Throws: ``DeviceError`` where certificate and key don't belong together.
    package func context() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = minimumVersion
        configuration.maximumTLSVersion = maximumVersion
        // BoringSSL's own list has no Ed25519.
        configuration.verifySignatureAlgorithms = Self.signatureAlgorithms
        // Without a list of protocols: EST is HTTP/1.1, and some servers refuse a handshake that asks for it.
        switch trust {
        case .anchors(let anchors):
            configuration.trustRoots = .certificates(try anchors.map(Self.native))
        case .system:
            configuration.trustRoots = .default
        case .provisional:
            configuration.certificateVerification = .none
        }
        if let identity {
            configuration.certificateChain = try identity.chain.map { .certificate(try Self.native($0)) }
            configuration.privateKey = .privateKey(
                try NIOSSLPrivateKey(bytes: Array(identity.key.pem.utf8), format: .pem))
            configuration.signingSignatureAlgorithms = Self.signatureAlgorithms
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw DeviceError(
                .invalidInput, "The client certificate and its key can't be used: they may not belong together.",
                cause: error)
        }
    }

    private static let signatureAlgorithms: [SignatureAlgorithm] = [
        .ed25519, .ecdsaSecp256R1Sha256, .ecdsaSecp384R1Sha384, .ecdsaSecp521R1Sha512, .rsaPssRsaeSha256,
        .rsaPssRsaeSha384, .rsaPssRsaeSha512, .rsaPkcs1Sha256, .rsaPkcs1Sha384, .rsaPkcs1Sha512,
    ]

    private static func native(_ certificate: Certificate) throws -> NIOSSLCertificate {
        try NIOSSLCertificate(bytes: certificate.derEncoded, format: .der)
    }
}
