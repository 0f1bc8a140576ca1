package import Foundation
package import NIOSSL
internal import SwiftASN1
package import X509

extension TestConnection {
    /// How a client connects.
    package struct Options: Sendable {
        package var minimum = TLSVersion.tlsv12
        package var maximum = TLSVersion.tlsv13
        /// What it offers by ALPN; nothing where this is empty.
        package var protocols: [String] = []
        /// Cipher suites of TLS 1.2 in OpenSSL's notation; the library's own where this is nil.
        package var cipherSuites: String?
        /// The chain that it presents, leaf first, DER.
        package var chain: [Data] = []
        /// The key of the leaf, PEM.
        package var keyPEM: String?
        /// Where it comes from, such as `127.0.3.7`; nil for the address that the system takes.
        package var sourceAddress: String?
        /// Sent before TLS begins, as a load balancer does.
        package var preamble: [UInt8] = []

        package init() {}

        package init(certificate: [Certificate], key: Certificate.PrivateKey?) throws {
            chain = try certificate.map { try Self.der($0) }
            keyPEM = try key?.serializeAsPEM().pemString
        }

        /// - Parameters:
        ///   - certificatePath: a PEM file with the chain, leaf first.
        ///   - keyPath: a PEM file with the key.
        package init(certificatePath: String, keyPath: String) throws {
            chain = try NIOSSLCertificate.fromPEMFile(certificatePath).map { Data(try $0.toDERBytes()) }
            keyPEM = try String(contentsOfFile: keyPath, encoding: .utf8)
        }

        package static func only(_ version: TLSVersion) -> Options {
            var options = Options()
            options.minimum = version
            options.maximum = version
            return options
        }

        private static func der(_ certificate: Certificate) throws -> Data {
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            return Data(serializer.serializedBytes)
        }
    }

    /// Which server certificates a client accepts.
    package enum Trust: Sendable {
        /// Roots, DER.
        case der([Data])
        /// A PEM file of roots.
        case file(String)

        var roots: NIOSSLTrustRoots {
            get throws {
                switch self {
                case .der(let roots):
                    .certificates(try roots.map { try NIOSSLCertificate(bytes: Array($0), format: .der) })
                case .file(let path): .file(path)
                }
            }
        }
    }
}
