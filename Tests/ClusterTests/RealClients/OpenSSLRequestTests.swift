internal import ClusterProtocol
internal import Foundation
internal import Testing

/// Certification requests of an unmodified `openssl req`, sent by curl in the forms that scripts send them in.
@Suite struct OpenSSLRequestTests {
    /// How the base64 of a request is laid out.
    enum Layout {
        case oneLine
        case columns64
        case columns76WithCarriageReturns
        /// As `openssl req` writes it: `-----BEGIN CERTIFICATE REQUEST-----` and so on.
        case armoured
    }

    struct Case: Sendable, CustomStringConvertible {
        var description: String
        /// The options of `openssl genpkey`.
        var key: [String]
        var layout: Layout
        /// The options of `openssl req`, beside key and subject.
        var request: [String] = []
        /// The options of curl.
        var transfer: [String] = []
        var contentType = "application/pkcs10"
    }

    private static let p256 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    private static let p384 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]
    private static let rsa2048 = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
    private static let rsa3072 = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"]
    private static let ed25519 = ["-algorithm", "ED25519"]
    private static let v3 = ["-reqexts", "v3_req"]
    private static let tls12 = ["--tlsv1.2", "--tls-max", "1.2"]
    private static let tls13 = ["--tlsv1.3"]
    // Without an answer to its expectation curl would wait for longer than a request may take.
    private static let expecting = ["--header", "Expect: 100-continue", "--expect100-timeout", "60"]
    private static let chunked = ["--header", "Transfer-Encoding: chunked"]

    private static let cases = [
        Case(description: "p256", key: p256, layout: .armoured, transfer: tls12),
        Case(description: "p256-v3", key: p256, layout: .columns64, request: v3, transfer: tls13),
        Case(description: "p384", key: p384, layout: .oneLine, transfer: tls13 + ["--http1.0"]),
        Case(description: "p384-v3", key: p384, layout: .armoured, request: v3, transfer: tls12 + chunked),
        Case(description: "rsa2048", key: rsa2048, layout: .columns76WithCarriageReturns, transfer: tls13 + expecting),
        Case(description: "rsa2048-v3", key: rsa2048, layout: .oneLine, request: v3, transfer: tls12 + ["--http1.0"]),
        Case(description: "rsa3072", key: rsa3072, layout: .columns64, transfer: tls12 + expecting + chunked),
        Case(description: "rsa3072-v3", key: rsa3072, layout: .columns76WithCarriageReturns, request: v3),
        Case(description: "ed25519", key: ed25519, layout: .oneLine, transfer: tls12 + ["--no-alpn"]),
        Case(description: "ed25519-v3", key: ed25519, layout: .armoured, request: v3, transfer: tls13 + chunked),
        Case(
            description: "encoded", key: p256, layout: .columns64,
            request: ["-addext", "subjectAltName=DNS:encoded.example.com,IP:10.1.2.3"],
            transfer: ["--header", "Content-Transfer-Encoding: base64"], contentType: "application/pkcs10; a=b"),
        Case(description: "utf8", key: p256, layout: .columns64, request: ["-utf8", "-sha512"], transfer: expecting),
    ]

    @Test func eachRequestGetsItsCertificateAndRenewsIt() async throws {
        let cluster = try await TestCluster.running()
        let folder = "\(cluster.directory)/openssl"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let secret = try cluster.firstSecret()
        let bag = try await Curl.get(cluster.url("cacerts"), ["--cacert", cluster.trustAnchor, "--http1.0"])
        #expect(bag.status == 200)
        try await OpenSSL.writeCertificates(bag, to: "\(folder)/authorities.pem")

        _ = try await concurrently(Self.cases) { device in
            let file = "\(folder)/\(device)"
            let body = try await Self.body(device, file: file)
            let answer = try await Curl.post(
                cluster.url("simpleenroll"), body: body, contentType: device.contentType,
                ["--cacert", cluster.trustAnchor, "--user", ":\(secret)"] + device.transfer)
            try #require(answer.status == 200, "\(device): \(answer.status) \(answer.text)")
            // What came in one line is answered in one: its client may not be able to read more.
            #expect((answer.lineCount == 1) == (device.layout == .oneLine), "\(device)")
            try await Self.check(answer, file: file, cluster, folder)

            let renewed = try await Curl.post(
                cluster.url("simplereenroll"), body: body, contentType: device.contentType,
                ["--cacert", cluster.trustAnchor, "--cert", "\(file).pem", "--key", "\(file).key"] + device.transfer)
            try #require(renewed.status == 200, "\(device): \(renewed.status) \(renewed.text)")
            try await Self.check(renewed, file: file, cluster, folder)
        }
        try await cluster.waitUntilAudited()
        #expect(try await cluster.events().count { $0.type == .issued } == 2 * Self.cases.count)
    }

    private static func check(_ answer: Curl.Answer, file: String, _ cluster: TestCluster, _ folder: String)
        async throws
    {
        try await OpenSSL.writeCertificates(answer, to: "\(file).pem")
        try await OpenSSL.verify(
            "\(file).pem", trustAnchor: cluster.trustAnchor, untrusted: "\(folder)/authorities.pem")
        #expect(try await OpenSSL.isCertificate("\(file).pem", forKey: "\(file).key"))
    }

    /// Makes a key and a certification request for it; the body to send.
    private static func body(_ device: Case, file: String) async throws -> Data {
        try await CommandRun.text(["openssl", "genpkey", "-out", "\(file).key"] + device.key)
        let request = ["openssl", "req", "-new", "-key", "\(file).key", "-subj", "/CN=openssl-\(device)"]
        let made = try await CommandRun.run(
            request + device.request + (device.layout == .armoured ? [] : ["-outform", "DER"]))
        try #require(made.status == 0, "\(device): \(made.errors)")
        return switch device.layout {
        case .armoured: made.output
        case .oneLine: made.output.base64EncodedData()
        case .columns64: made.output.base64EncodedData(options: [.lineLength64Characters, .endLineWithLineFeed])
        case .columns76WithCarriageReturns: made.output.base64EncodedData(options: .lineLength76Characters)
        }
    }
}
