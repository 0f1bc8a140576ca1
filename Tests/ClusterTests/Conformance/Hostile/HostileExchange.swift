internal import Foundation
internal import TestRequests
internal import TestTLSClient
internal import Testing

/// Sends rows of the table, each from an address of its own: by it the events are found.
struct HostileExchange: Sendable {
    var cluster: TestCluster
    var secret: String
    var authority: ForgedCertificate.IssuingAuthority

    /// Of the answer, what the table speaks of.
    struct Answer: Sendable {
        /// nil where TLS refused.
        var status: Int?
        var contentType: String?
        var body: [UInt8]
    }

    init(_ cluster: TestCluster) async throws {
        self.cluster = cluster
        secret = try await cluster.secret(label: "hostile", uses: 10_000)
        authority = try ForgedCertificate.IssuingAuthority(of: cluster)
    }

    /// The address that a row comes from.
    static func address(_ index: Int) -> String {
        "127.91.\(index / 200).\(index % 200 + 1)"
    }

    func send(_ row: HostileRequest, index: Int) async throws -> Answer {
        let frontend = index % ConformanceCluster.frontendCount + 1
        switch row.form {
        case .request(var request):
            if request.subject == TestRequest().subject {
                request.subject = Part.cn("x1-\(index)")
            }
            return try await post(try request.encoded(), index, frontend)
        case .der(let der):
            return try await post(der, index, frontend)
        case .body(let body):
            return try await raw(head(bodyLength: body.count) + body, index, frontend)
        case .connection(let bytes):
            return try await raw(try substituted(bytes, index, frontend), index, frontend)
        case .certificate(let certificate):
            return try await present(certificate, index, frontend)
        }
    }

    private func post(_ der: [UInt8], _ index: Int, _ frontend: Int) async throws -> Answer {
        let body = Array(Data(der).base64EncodedString().utf8)
        return try await raw(head(bodyLength: body.count) + body, index, frontend)
    }

    private var credentials: String { Data(":\(secret)".utf8).base64EncodedString() }

    private func head(bodyLength: Int) -> [UInt8] {
        Array(
            """
            POST /.well-known/est/hostile/simpleenroll HTTP/1.1\r
            Host: localhost\r
            Authorization: Basic \(credentials)\r
            Content-Type: application/pkcs10\r
            Content-Length: \(bodyLength)\r
            \r

            """.utf8)
    }

    /// Byte by byte: a row need not be text.
    private func substituted(_ bytes: [UInt8], _ index: Int, _ frontend: Int) throws -> [UInt8] {
        let body = Data(try TestRequest(subject: Part.cn("x1-\(index)")).encoded()).base64EncodedString()
        return [
            ("$AUTHORITY", try cluster.address(frontend: frontend)), ("$SECRET", credentials), ("$BODY", body),
            ("$LENGTH", "\(body.utf8.count)"),
        ].reduce(bytes) { $0.replacing(Array($1.0.utf8), with: Array($1.1.utf8)) }
    }

    private func raw(_ bytes: [UInt8], _ index: Int, _ frontend: Int) async throws -> Answer {
        var options = TestConnection.Options()
        options.sourceAddress = Self.address(index)
        let connection = try await cluster.connect(frontend: frontend, options)
        // A server that has answered may close before it has read all of this.
        try? await connection.send(bytes)
        let response = try await connection.response()
        await connection.close()
        return Answer(status: response.status, contentType: response.header("Content-Type"), body: response.body)
    }

    /// By curl: OpenSSL reads and sends certificates that BoringSSL would not.
    private func present(_ forged: ForgedCertificate, _ index: Int, _ frontend: Int) async throws -> Answer {
        var certificate = forged
        var subject = forged.subject
        if forged.isOfManufacturer, forged.subject == ForgedCertificate().subject {
            // The label's rule makes the device's name of the certificate's.
            certificate.subject = Part.cn("x1-\(index)")
            subject = Part.cn("x1-\(index).trust.example.com")
        }
        let (chain, key) = try certificate.encoded(authority: authority)
        let path = "\(cluster.directory)/x1-\(index).pem"
        try (chain + key).write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let answer = try await Curl.post(
            cluster.url(
                forged.isOfManufacturer ? "simpleenroll" : "simplereenroll",
                label: forged.isOfManufacturer ? "trust-other" : "hostile", frontend: frontend),
            body: Data(Data(try TestRequest(subject: subject).encoded()).base64EncodedString().utf8),
            [
                "--cacert", cluster.trustAnchor, "--cert", path, "--interface", Self.address(index), "--tls-max",
                certificate.maximumTLS,
            ])
        // 58: curl could not use the certificate, so that nothing was tried.
        try #require(answer.exitStatus != 58, "curl cannot present the certificate")
        return Answer(
            status: answer.status == 0 ? nil : answer.status, contentType: answer.headers["content-type"],
            body: Array(answer.body))
    }
}
