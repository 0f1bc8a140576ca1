internal import CNIOBoringSSL
package import Foundation
package import NIOSSL
internal import PKI

/// What TLS knows of a connection and swift-nio-ssl does not tell: the client's whole chain, and the channel binding.
///
/// swift-nio-ssl has no API for either, so this file reads the handler's `SSL` pointer by reflection. It is the only
/// file that does, and `ConnectionSecurityTests` fails loudly when a new version moves the field. Taken once, at the
/// end of the handshake, on the connection's event loop.
package struct ConnectionSecurity: Sendable, Equatable {
    /// How a connection is named for channel binding.
    package enum BindingKind: String, Sendable {
        /// RFC 5929 §3, on TLS 1.2.
        case tlsUnique = "tls-unique"
        /// RFC 9266, on TLS 1.3.
        case tlsExporter = "tls-exporter"
    }

    /// The certificates that the client sent, leaf first, DER; it proved to hold the leaf's key. Empty where it sent
    /// none. Nothing else about them has been checked.
    package var clientChain: [Data]
    /// Whether the client sent more than is kept; then ``clientChain`` is empty.
    package var isClientChainTooLarge = false
    package var bindingKind: BindingKind
    /// The channel binding's value; nil where the connection has none (a TLS 1.2 session that was resumed without
    /// extended master secret).
    package var binding: [UInt8]?

    /// The most bytes of certificates that are kept, all together: they go to the signer in one message.
    static let maximumClientChainBytes = 32 * 1024

    package init(clientChain: [Data] = [], bindingKind: BindingKind = .tlsExporter, binding: [UInt8]? = nil) {
        self.clientChain = clientChain
        self.bindingKind = bindingKind
        self.binding = binding
    }

    /// - Throws: ``FieldMoved`` where the handler does not look as this file knows it.
    package init(of handler: NIOSSLHandler) throws {
        let ssl = try Self.pointer(of: handler)
        let chain = Self.clientChain(ssl)
        clientChain = chain ?? []
        isClientChainTooLarge = chain == nil
        if SSL_version(ssl) >= UInt16(TLS1_3_VERSION) {
            bindingKind = .tlsExporter
            binding = Self.exporter(ssl)
        } else {
            bindingKind = .tlsUnique
            binding = Self.tlsUnique(ssl)
        }
    }

    /// The internals of swift-nio-ssl are not what this version of Estuary was built for.
    struct FieldMoved: Error, CustomStringConvertible {
        var field: String
        var description: String { "swift-nio-ssl has no field «\(field)» where it is expected" }
    }

    private static func pointer(of handler: NIOSSLHandler) throws -> OpaquePointer {
        var mirror: Mirror? = Mirror(reflecting: handler)
        while let current = mirror {
            if let connection = current.children.first(where: { $0.label == "connection" })?.value {
                let fields = Mirror(reflecting: connection).children
                guard let ssl = fields.first(where: { $0.label == "ssl" })?.value as? OpaquePointer else {
                    throw FieldMoved(field: "SSLConnection.ssl")
                }
                return ssl
            }
            mirror = current.superclassMirror
        }
        throw FieldMoved(field: "NIOSSLHandler.connection")
    }

    /// nil where there is more than is kept.
    private static func clientChain(_ ssl: OpaquePointer) -> [Data]? {
        guard let stack = SSL_get0_peer_certificates(ssl) else { return [] }
        guard sk_CRYPTO_BUFFER_num(stack) <= ClientCertificate.maximumChainLength else { return nil }
        var chain: [Data] = []
        var left = maximumClientChainBytes
        for index in 0..<sk_CRYPTO_BUFFER_num(stack) {
            guard let certificate = sk_CRYPTO_BUFFER_value(stack, index),
                let bytes = CRYPTO_BUFFER_data(certificate)
            else { continue }
            left -= CRYPTO_BUFFER_len(certificate)
            guard left >= 0 else { return nil }
            chain.append(Data(bytes: bytes, count: CRYPTO_BUFFER_len(certificate)))
        }
        return chain
    }

    private static func tlsUnique(_ ssl: OpaquePointer) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: 64)
        var length = 0
        guard SSL_get_tls_unique(ssl, &value, &length, value.count) == 1, length > 0 else { return nil }
        return Array(value.prefix(length))
    }

    private static func exporter(_ ssl: OpaquePointer) -> [UInt8]? {
        let label = "EXPORTER-Channel-Binding"
        var value = [UInt8](repeating: 0, count: 32)
        guard SSL_export_keying_material(ssl, &value, value.count, label, label.utf8.count, nil, 0, 0) == 1 else {
            return nil
        }
        return value
    }
}
