internal import Foundation
internal import PKI
internal import TestRequests
internal import Testing

/// The answer to a `serverkeygen` request, taken apart by the letter of RFC 2046 §5.1.1 and written to files, for the
/// `openssl` command to look at.
struct ServerKeyAnswer {
    let boundary: String
    /// The first part: its Content-Type, and what its base64 stands for.
    let keyType: String
    let key: Data
    /// Where `certificate.pem` is, and what ``writeKey()`` and ``open(_:trusting:untrusted:)`` write.
    let folder: String

    var certificate: String { "\(folder)/certificate.pem" }

    init(_ answer: Curl.Answer, in cluster: TestCluster, sourceLocation: SourceLocation = #_sourceLocation) async throws
    {
        try #require(answer.status == 200, "\(answer.status): \(answer.text)", sourceLocation: sourceLocation)
        let type = try #require(answer.headers["content-type"], sourceLocation: sourceLocation)
        let start = "multipart/mixed; boundary="
        try #require(type.hasPrefix(start), "\(type)", sourceLocation: sourceLocation)
        boundary = String(type.dropFirst(start.count))
        #expect(answer.headers["content-length"] == "\(answer.body.count)", sourceLocation: sourceLocation)
        #expect(answer.headers["cache-control"] == "no-store", sourceLocation: sourceLocation)
        let (first, last) = ("--\(boundary)\r\n", "\r\n--\(boundary)--\r\n")
        try #require(
            answer.text.hasPrefix(first) && answer.text.hasSuffix(last), "\(answer.text)",
            sourceLocation: sourceLocation)
        let parts = answer.text.dropFirst(first.count).dropLast(last.count).components(separatedBy: "\r\n" + first)
        try #require(parts.count == 2, sourceLocation: sourceLocation)
        let (keyType, key) = try Self.part(parts[0])
        (self.keyType, self.key) = (keyType, Data(key))
        let (certificateType, bag) = try Self.part(parts[1])
        #expect(certificateType == "application/pkcs7-mime; smime-type=certs-only", sourceLocation: sourceLocation)
        folder = "\(cluster.directory)/keygen-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let pem = try await CommandRun.run(
            ["openssl", "pkcs7", "-inform", "DER", "-print_certs", "-out", "\(folder)/certificate.pem"],
            input: Data(bag))
        try #require(pem.status == 0, "\(pem.errors)", sourceLocation: sourceLocation)
        #expect(try CertsOnlyMessage.decode(bag).count == 1, sourceLocation: sourceLocation)
    }

    private static func part(_ text: String) throws -> (type: String, content: [UInt8]) {
        let end = try #require(text.range(of: "\r\n\r\n"))
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        try #require(lines.count == 2)
        try #require(lines[0].hasPrefix("Content-Type: "))
        #expect(lines[1] == "Content-Transfer-Encoding: base64")
        return (
            String(lines[0].dropFirst("Content-Type: ".count)),
            try Base64Body.decode(text[end.upperBound...].utf8)
        )
    }

    /// Writes a key that came in clear to `key.pem`.
    @discardableResult
    func writeKey(_ pkcs8: Data? = nil) async throws -> String {
        let path = "\(folder)/key.pem"
        let run = try await CommandRun.run(
            ["openssl", "pkey", "-inform", "DER", "-out", path], input: pkcs8 ?? key)
        try #require(run.status == 0, "\(run.errors)")
        return path
    }

    /// Decrypts the message, verifies the signature inside, takes the one key out of the package, and writes it to
    /// `key.pem`.
    ///
    /// - Parameter arguments: with what `openssl cms -decrypt` decrypts.
    /// - Returns: what openssl says of the message's structure.
    func open(_ arguments: [String], trusting trustAnchor: String) async throws -> String {
        let (message, signed, package) = ("\(folder)/message", "\(folder)/signed", "\(folder)/package")
        try key.write(to: URL(fileURLWithPath: message))
        try await CommandRun.text(
            ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", message, "-out", signed] + arguments)
        // The envelope says that its content is a SignedData (RFC 5652 §6.1); openssl reads one with its type in front.
        let content = Array(try Data(contentsOf: URL(fileURLWithPath: signed)))
        try Data(
            TestRequest.sequence([TestRequest.identifier("1.2.840.113549.1.7.2"), TestRequest.element(0xa0, content)])
        ).write(to: URL(fileURLWithPath: signed))
        try await CommandRun.text([
            "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", signed, "-out", package, "-CAfile",
            trustAnchor, "-purpose", "any",
        ])
        let inner = try await CommandRun.text(["openssl", "asn1parse", "-inform", "DER", "-in", signed])
        #expect(inner.contains("2.16.840.1.101.2.1.2.78.5") || inner.contains("aKeyPackage"), "\(inner)")
        // SEQUENCE OF OneAsymmetricKey, with one in it (RFC 5958 §2): without the head it is a PKCS#8 key.
        let bytes = try Data(contentsOf: URL(fileURLWithPath: package))
        let head = bytes[1] < 0x80 ? 2 : 2 + Int(bytes[1] & 0x7f)
        try await writeKey(Data(bytes.dropFirst(head)))
        return try await CommandRun.text(["openssl", "cms", "-cmsout", "-print", "-inform", "DER", "-in", message])
    }

    /// Checks that `key.pem` is the certificate's key, and that the certificate is good.
    func expectThatKeyMatches(_ cluster: TestCluster, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(
            try await OpenSSL.isCertificate(certificate, forKey: "\(folder)/key.pem"), sourceLocation: sourceLocation)
        let cacerts = "\(folder)/cacerts.pem"
        let answer = try await Curl.get(cluster.url("cacerts"), ["--cacert", cluster.trustAnchor])
        try await OpenSSL.writeCertificates(answer, to: cacerts)
        try await OpenSSL.verify(
            certificate, trustAnchor: cluster.trustAnchor, untrusted: cacerts, sourceLocation: sourceLocation)
    }

    /// Asks by curl for a key. An RSA key takes its time on a busy machine: told to come back, it comes back, as a device
    /// does.
    static func request(
        _ cluster: TestCluster, label: String, name: String, attributes: [[UInt8]] = [], secret: String? = nil,
        frontend: Int = 1, change: (inout TestRequest) -> Void = { _ in }, _ arguments: [String] = []
    ) async throws -> Curl.Answer {
        var request = TestRequest(
            subject: TestRequest.name([("2.5.4.3", .utf8String, name)]), attributes: attributes)
        change(&request)
        let body = Data(Data(try request.encoded()).base64EncodedString().utf8)
        var answer: Curl.Answer?
        try await wait("the signer has time to make a key", limit: .seconds(90)) {
            let latest = try await Curl.post(
                cluster.url("serverkeygen", label: label, frontend: frontend), body: body,
                ["--cacert", cluster.trustAnchor] + (secret.map { ["--user", ":\($0)"] } ?? []) + arguments)
            answer = latest
            return latest.status != 503 || latest.headers["retry-after"] == nil
        }
        return try #require(answer)
    }
}
