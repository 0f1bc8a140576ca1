internal import NIOCore
internal import NIOSSL

/// A version of TLS as configuration names it.
package enum TLSVersionName: String, Sendable, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"

    var version: TLSVersion {
        switch self {
        case .tls12: .tlsv12
        case .tls13: .tlsv13
        }
    }
}

/// The TLS settings of the listener (design §6).
struct TLSSettings: Sendable, Equatable {
    var minimumVersion = TLSVersionName.tls12
    var maximumVersion = TLSVersionName.tls13

    /// A context that serves with this key and chain, and asks each client for a certificate without needing one.
    ///
    /// The callback of ``serverHandler(context:)`` accepts whatever comes: TLS has made sure that the client holds the
    /// key, and the rest is judged per request and label, at that request's time.
    func context(for identity: ServerIdentity) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try identity.chain.map {
                .certificate(try NIOSSLCertificate(bytes: Array($0), format: .der))
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.keyPEM.utf8), format: .pem)))
        configuration.minimumTLSVersion = minimumVersion.version
        configuration.maximumTLSVersion = maximumVersion.version
        configuration.applicationProtocols = ["http/1.1", "http/1.0"]
        configuration.certificateVerification = .optionalVerification
        // How long a client may take to say goodbye after us.
        configuration.shutdownTimeout = .seconds(2)
        // No list of acceptable authorities is sent: many stacks offer their certificate only if they find its issuer
        // there, and which one a label takes is not TLS's business.
        configuration.trustRoots = .certificates([])
        // BoringSSL's own list makes clients with Ed25519 or P-521 certificates send none, and still has SHA-1.
        configuration.verifySignatureAlgorithms = [
            .ed25519, .ecdsaSecp256R1Sha256, .ecdsaSecp384R1Sha384, .ecdsaSecp521R1Sha512,
            .rsaPssRsaeSha256, .rsaPssRsaeSha384, .rsaPssRsaeSha512,
            .rsaPkcs1Sha256, .rsaPkcs1Sha384, .rsaPkcs1Sha512,
        ]
        return try NIOSSLContext(configuration: configuration)
    }

    static func serverHandler(context: NIOSSLContext) -> NIOSSLServerHandler {
        NIOSSLServerHandler(context: context) { _, promise in
            promise.succeed(.certificateVerified)
        }
    }
}
