internal import Foundation
internal import Testing

/// What the real `openssl` makes of keys and certificates.
enum OpenSSL {
    /// Checks a device's certificate in a PEM file against a root, with the intermediates of a PEM file.
    static func verify(
        _ certificate: String, trustAnchor: String, untrusted: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let text = try await CommandRun.text(
            [
                "openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", trustAnchor,
                "-untrusted", untrusted, certificate,
            ], sourceLocation: sourceLocation)
        #expect(text == "\(certificate): OK\n", sourceLocation: sourceLocation)
    }

    /// Whether a certificate in a PEM file is for the key in a PEM file.
    static func isCertificate(_ certificate: String, forKey key: String) async throws -> Bool {
        let certified = try await CommandRun.text(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"])
        return try await CommandRun.text(["openssl", "pkey", "-in", key, "-pubout"]) == certified
    }

    /// Writes an EST answer's certificates to a PEM file, as a script would.
    static func writeCertificates(_ answer: Curl.Answer, to path: String) async throws {
        let der = try await CommandRun.run(["openssl", "base64", "-d"] + oneLine(answer), input: answer.body)
        try #require(der.status == 0 && !der.output.isEmpty, "not base64: \(answer.text)")
        let pem = try await CommandRun.run(
            ["openssl", "pkcs7", "-inform", "DER", "-print_certs", "-out", path], input: der.output)
        try #require(pem.status == 0, "\(pem.errors)")
    }

    /// `openssl base64 -d` reads a long line only when it is told that it is one.
    private static func oneLine(_ answer: Curl.Answer) -> [String] {
        answer.lineCount == 1 ? ["-A"] : []
    }
}

extension Curl.Answer {
    /// How many lines the body has.
    var lineCount: Int { body.count { $0 == UInt8(ascii: "\n") } }
}
