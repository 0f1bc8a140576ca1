internal import Foundation
internal import NIOCore
package import NIOHTTP1
internal import PKI
package import X509

/// A device's side of EST (RFC 7030): any server's, without assumptions about ours.
package struct ESTClient: Sendable {
    package var server: ESTServer
    package var tls: ClientTLS
    /// The enrollment secret or password, with the user name that goes before it in HTTP Basic.
    package var password: HTTPPassword?
    /// For the connection with its handshake, and for each answer, in seconds.
    package var timeout: Double = 20
    package var patience = Patience()
    /// Told what happens while a request is tried again.
    package var watch: @Sendable (Tries.Step) -> Void = { _ in }

    package init(server: ESTServer, tls: ClientTLS, password: HTTPPassword? = nil) {
        self.server = server
        self.tls = tls
        self.password = password
    }

    var tries: Tries { Tries(patience: patience, watch: watch) }

    // MARK: cacerts

    /// The authority's certificates (RFC 7030 §4.1), in the order in which the server sent them.
    package func caCertificates() async throws -> [Certificate] {
        try await tries.run {
            try await ESTSession.with(self) { .done(try await caCertificates(in: $0)) }
        }
    }

    func caCertificates(in session: ESTSession) async throws -> [Certificate] {
        let answer = try await session.perform("cacerts") { _, path in
            ESTRequest(method: .GET, path: path, headers: Self.acceptAnything)
        }
        guard answer.status == 200 else { throw DeviceError(refusing: answer, now: Date()) }
        let certificates = try answer.certificates()
        guard !certificates.isEmpty else { throw DeviceError(.badAnswer, "The server's cacerts answer is empty.") }
        return certificates
    }

    /// The authority's certificates at the first contact, when the device trusts nothing yet (RFC 7030 §4.1.1): one of
    /// them must have the fingerprint that the device was given by another way.
    ///
    /// What comes over the first, unverified connection counts only for finding that certificate, and no credential goes
    /// over it. The answer is then taken over a second connection, which is verified against that certificate alone.
    ///
    /// - Parameter fingerprint: SHA-256 of a root certificate, DER.
    /// - Throws: ``DeviceError``: `wrongFingerprint` where no certificate has it, `untrustedServer` where the server's own
    ///   certificate is not signed under it.
    package func caCertificates(pinned fingerprint: [UInt8]) async throws -> [Certificate] {
        var first = self
        first.tls = ClientTLS(trust: .provisional)
        first.password = nil
        let anchors = try await first.caCertificates().filter { try $0.sha256 == fingerprint }
        guard let anchor = anchors.first else {
            throw DeviceError(
                .wrongFingerprint,
                "None of the server's certificates has the fingerprint \(fingerprint.hexadecimal): this is another "
                    + "server, or the fingerprint is not that of its root certificate.")
        }
        guard anchor.isSelfSigned else {
            throw DeviceError(
                .wrongFingerprint,
                "The certificate with this fingerprint is an intermediate one. Give the fingerprint of the root.")
        }
        var second = self
        second.tls.trust = .anchors([anchor])
        return try await second.caCertificates()
    }

    // MARK: csrattrs

    /// What the server wants requests to contain (RFC 7030 §4.5); an empty answer where it says nothing.
    package func attributes() async throws -> CSRAttributesAnswer {
        try await encodedAttributes().map(CSRAttributesAnswer.init(derEncoded:)) ?? CSRAttributesAnswer()
    }

    /// The same as the server sent it, out of base64; nil where it says nothing.
    package func encodedAttributes() async throws -> [UInt8]? {
        try await tries.run {
            try await ESTSession.with(self) { .done(try await encodedAttributes(in: $0)) }
        }
    }

    func encodedAttributes(in session: ESTSession) async throws -> [UInt8]? {
        let answer = try await session.perform("csrattrs") { _, path in
            ESTRequest(method: .GET, path: path, headers: credentials(Self.acceptAnything))
        }
        switch answer.status {
        case 200: return answer.body.readableBytes == 0 ? nil : try answer.decodedBody()
        // 204 and 404 say the same (RFC 7030 §4.5.2); some servers that don't have it answer otherwise.
        case 204, 404, 405, 501: return nil
        default: throw DeviceError(refusing: answer, now: Date())
        }
    }

    // MARK: Credentials

    package func credentials(_ headers: HTTPHeaders) -> HTTPHeaders {
        guard let password else { return headers }
        var headers = headers
        headers.replaceOrAdd(name: "Authorization", value: password.authorization)
        return headers
    }

    static let acceptAnything: HTTPHeaders = ["Accept": "*/*", "User-Agent": "estuary-device"]
}

/// A password for HTTP Basic (RFC 7617). No description shows it.
package struct HTTPPassword: Sendable, CustomStringConvertible, CustomReflectable {
    private let user: String
    private let password: String

    package init(user: String = "", password: String) {
        self.user = user
        self.password = password
    }

    /// The value of an `Authorization` header.
    package var authorization: String { "Basic " + Data("\(user):\(password)".utf8).base64EncodedString() }

    package var description: String { "(password)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
