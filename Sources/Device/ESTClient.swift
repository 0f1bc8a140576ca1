internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
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

    package init(server: ESTServer, tls: ClientTLS, password: HTTPPassword? = nil) {
        self.server = server
        self.tls = tls
        self.password = password
    }

    func connect() async throws -> ESTConnection {
        try await ESTConnection.connect(
            to: server, context: try tls.context(), on: MultiThreadedEventLoopGroup.singleton.next(),
            timeout: .nanoseconds(Int64(timeout * 1_000_000_000)))
    }

    // MARK: cacerts

    /// The authority's certificates (RFC 7030 §4.1), in the order in which the server sent them.
    package func caCertificates() async throws -> [Certificate] {
        let connection = try await connect()
        do {
            let certificates = try await caCertificates(on: connection)
            await connection.close()
            return certificates
        } catch {
            await connection.close()
            throw error
        }
    }

    private func caCertificates(on connection: ESTConnection) async throws -> [Certificate] {
        let answer = try await connection.perform(
            ESTRequest(method: .GET, path: server.path("cacerts"), headers: Self.acceptAnything))
        guard answer.status == 200 else { throw DeviceError(refusing: answer, now: Date()) }
        let certificates = try answer.certificates()
        guard !certificates.isEmpty else { throw DeviceError(.badAnswer, "The server's cacerts answer is empty.") }
        return certificates
    }

    /// The authority's certificates at the first contact, when the device trusts nothing yet (RFC 7030 §4.1.1): one of
    /// them must have the fingerprint that the device was given by another way.
    ///
    /// What comes over the first, unverified connection counts only for finding that certificate. The answer is then
    /// taken over a second connection, which is verified against it alone.
    ///
    /// - Parameter fingerprint: SHA-256 of the certificate, DER.
    /// - Throws: ``DeviceError``, `untrustedServer`, where no certificate has it.
    package func caCertificates(pinned fingerprint: [UInt8]) async throws -> [Certificate] {
        var first = self
        first.tls = ClientTLS(trust: .provisional)
        let anchors = try await first.caCertificates().filter { try $0.sha256 == fingerprint }
        guard let anchor = anchors.first else {
            throw DeviceError(
                .untrustedServer, "None of the server's certificates has the fingerprint \(fingerprint.hexadecimal).")
        }
        var second = self
        second.tls = ClientTLS(trust: .anchors([anchor]))
        return try await second.caCertificates()
    }

    // MARK: csrattrs

    /// What the server wants requests to contain (RFC 7030 §4.5); an empty answer where it says nothing.
    package func attributes() async throws -> CSRAttributesAnswer {
        let connection = try await connect()
        do {
            let answer = try await attributes(on: connection)
            await connection.close()
            return answer
        } catch {
            await connection.close()
            throw error
        }
    }

    func attributes(on connection: ESTConnection) async throws -> CSRAttributesAnswer {
        let answer = try await connection.perform(
            ESTRequest(method: .GET, path: server.path("csrattrs"), headers: credentials(Self.acceptAnything)))
        switch answer.status {
        case 200: return try CSRAttributesAnswer(derEncoded: answer.decodedBody())
        // 204 and 404 say the same (RFC 7030 §4.5.2).
        case 204, 404: return CSRAttributesAnswer()
        default: throw DeviceError(refusing: answer, now: Date())
        }
    }

    // MARK: Credentials

    func credentials(_ headers: HTTPHeaders) -> HTTPHeaders {
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

    var authorization: String { "Basic " + Data("\(user):\(password)".utf8).base64EncodedString() }

    package var description: String { "(password)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
