internal import CNIOBoringSSL
internal import Device
internal import NIOCore
internal import SwiftASN1
internal import X509

/// The TLS client of one event loop: one `SSL_CTX`, and a connection's own certificate and session set on its `SSL`.
///
/// Straight on BoringSSL rather than over swift-nio-ssl, which has no resumption for clients, and wants a context for
/// each certificate: here a handshake costs what BoringSSL costs.
///
/// `@unchecked Sendable`: used on one event loop alone.
final class FleetTLS: @unchecked Sendable {
    private let context: OpaquePointer
    private let serverName: String?
    private let resumes: Bool
    /// The session that connections without a certificate of their own resume.
    private var anonymousSession: OpaquePointer?
    /// The server's chain as it was last verified, leaf first.
    private var verifiedChain: [OpaquePointer] = []

    /// Where an `SSL` keeps the connection that it belongs to.
    private static let connectionIndex = SSL_get_ex_new_index(0, nil, nil, nil, nil)
    private static let systemAnchors = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]

    /// - Throws: ``FleetError`` where the trust anchors can't be used.
    init(plan: FleetPlan) throws {
        guard let context = SSL_CTX_new(TLS_method()) else { throw FleetError("TLS can't be set up") }
        self.context = context
        resumes = plan.connectionUse == .resumed
        let isAddress = (try? SocketAddress(ipAddress: plan.server.host, port: 0)) != nil
        serverName = isAddress ? nil : plan.server.host
        SSL_CTX_set_min_proto_version(context, UInt16(TLS1_2_VERSION))
        // BoringSSL's own lists are without Ed25519.
        let algorithms: [UInt16] = [
            0x0403, 0x0807, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601,
        ]
        SSL_CTX_set_signing_algorithm_prefs(context, algorithms, algorithms.count)
        SSL_CTX_set_verify_algorithm_prefs(context, algorithms, algorithms.count)
        // BoringSSL would offer ML-KEM as well, which costs both sides more and which no device speaks yet.
        if !plan.offersHybridKeyAgreement, SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") != 1 {
            throw FleetError("TLS can't be set up")
        }
        SSL_CTX_set_mode(context, UInt32(SSL_MODE_RELEASE_BUFFERS))
        try trust(plan.trust, host: plan.server.host, isAddress: isAddress)
        if resumes {
            SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT)
            SSL_CTX_sess_set_new_cb(context) { ssl, session in
                guard let session, let raw = SSL_get_ex_data(ssl, FleetTLS.connectionIndex) else { return 0 }
                let connection = Unmanaged<FleetConnection>.fromOpaque(raw).takeUnretainedValue()
                return connection.keep(session: session) ? 1 : 0
            }
        } else {
            SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF)
        }
    }

    deinit {
        SSL_SESSION_free(anonymousSession)
        for certificate in verifiedChain { X509_free(certificate) }
        SSL_CTX_free(context)
    }

    private func trust(_ trust: ClientTLS.Trust, host: String, isAddress: Bool) throws {
        switch trust {
        case .provisional:
            SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
            return
        case .anchors(let anchors):
            let store = SSL_CTX_get_cert_store(context)
            for anchor in anchors {
                var serializer = DER.Serializer()
                try serializer.serialize(anchor)
                let native = serializer.serializedBytes.withUnsafeBufferPointer { bytes in
                    var position = bytes.baseAddress
                    return d2i_X509(nil, &position, bytes.count)
                }
                defer { X509_free(native) }
                guard native != nil, X509_STORE_add_cert(store, native) == 1 else {
                    throw FleetError("a trust anchor can't be used: \(TLSFailure.reason())")
                }
            }
        case .system:
            guard Self.systemAnchors.contains(where: { SSL_CTX_load_verify_locations(context, $0, nil) == 1 }) else {
                throw FleetError("this system has no list of authorities; name one with --trust-anchor")
            }
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        SSL_CTX_set_cert_verify_callback(
            context,
            { storeContext, argument in
                guard let argument else { return 0 }
                return Unmanaged<FleetTLS>.fromOpaque(argument).takeUnretainedValue().verify(storeContext) ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
        let parameters = SSL_CTX_get0_param(context)
        // An intermediate authority may be an anchor too (RFC 7030 §3.6.1 speaks of any certificate).
        X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        let isSet =
            isAddress
            ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host)
            : X509_VERIFY_PARAM_set1_host(parameters, host, host.utf8.count)
        guard isSet == 1 else { throw FleetError("«\(host)» is no name or address that a certificate can have") }
    }

    /// Verifies the server's chain, unless it is to the byte the one that was verified last.
    ///
    /// Each device would; for all of the fleet it would be more than half of what a handshake costs here (P-384 roots),
    /// beside a server on the same machine. That the server holds its key is verified in each handshake all the same.
    private func verify(_ storeContext: OpaquePointer?) -> Bool {
        guard let leaf = X509_STORE_CTX_get0_cert(storeContext) else { return false }
        var chain = [leaf]
        let others = X509_STORE_CTX_get0_untrusted(storeContext)
        for index in 0..<sk_X509_num(others) {
            if let certificate = sk_X509_value(others, index) { chain.append(certificate) }
        }
        if chain.count == verifiedChain.count, zip(chain, verifiedChain).allSatisfy({ X509_cmp($0, $1) == 0 }) {
            return true
        }
        guard X509_verify_cert(storeContext) == 1 else { return false }
        for certificate in chain { X509_up_ref(certificate) }
        for certificate in verifiedChain { X509_free(certificate) }
        verifiedChain = chain
        return true
    }

    /// Makes the `SSL` of a connection, and sets what it shows.
    ///
    /// - Parameter device: whose certificate the connection shows; nil for none.
    /// - Returns: nil where the device's certificate and key can't be used.
    func makeConnection(for connection: FleetConnection, device: SimulatedDevice?) -> OpaquePointer? {
        guard let ssl = SSL_new(context) else { return nil }
        SSL_set_connect_state(ssl)
        if let serverName, SSL_set_tlsext_host_name(ssl, serverName) != 1 {
            SSL_free(ssl)
            return nil
        }
        SSL_set_ex_data(ssl, Self.connectionIndex, Unmanaged.passUnretained(connection).toOpaque())
        if let device, !show(device, ssl) {
            SSL_free(ssl)
            return nil
        }
        if resumes, let session = device.map(\.resumableSession) ?? anonymousSession {
            SSL_set_session(ssl, session)
        }
        return ssl
    }

    private func show(_ device: SimulatedDevice, _ ssl: OpaquePointer) -> Bool {
        guard let key = device.nativeKey(), let certificate = device.certificate,
            let buffer = CRYPTO_BUFFER_new(certificate, certificate.count, nil)
        else { return false }
        defer { CRYPTO_BUFFER_free(buffer) }
        var chain: OpaquePointer? = buffer
        return SSL_set_chain_and_key(ssl, &chain, 1, key, nil) == 1
    }

    /// Takes the ownership of a session.
    func keep(session: OpaquePointer) {
        SSL_SESSION_free(anonymousSession)
        anonymousSession = session
    }
}

/// Why TLS failed, in BoringSSL's words.
enum TLSFailure {
    /// The last error of this thread's queue, which is emptied: the one that TLS itself made of those before.
    static func reason() -> String {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        guard code != 0, let text = ERR_reason_error_string(code) else { return "unknown" }
        return String(cString: text)
    }
}
