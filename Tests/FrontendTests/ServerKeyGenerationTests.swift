internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TestTLSClient
internal import Testing
internal import X509

@testable internal import Frontend

/// `serverkeygen` as it goes out (RFC 7030 §4.4.2); what comes in is judged as at `simpleenroll`.
@Suite struct ServerKeyGenerationTests {
    private struct Part {
        var headers: [String: String]
        var body: String
    }

    private func run(
        _ generation: LabelDescription.ServerKeyGeneration = .plain, _ body: (TestFrontend) async throws -> Void
    ) async throws {
        try await TestFrontend.run(catalogue: { catalogue in
            catalogue.profiles[0].serverKey = .p256
            for index in catalogue.labels.indices where catalogue.labels[index].name == TestCatalogue.secrets {
                catalogue.labels[index].serverKeyGeneration = generation
            }
        }) { frontend in
            try await frontend.ready()
            try await body(frontend)
        }
    }

    private func enroll(_ name: String = "d.example.com", label: String? = nil, secret: String? = "right-secret")
        throws -> TestHTTPRequest
    {
        .enroll(try TestRequest.make(name), label: label, operation: "serverkeygen", secret: secret)
    }

    /// The parts of a multipart body, by the letter of RFC 2046 §5.1.1.
    private func parts(_ response: TestResponse) throws -> (boundary: String, [Part]) {
        let type = try #require(response.header("content-type"))
        try #require(type.hasPrefix("multipart/mixed; boundary="))
        let boundary = String(type.dropFirst("multipart/mixed; boundary=".count))
        let text = response.text
        try #require(text.hasPrefix("--\(boundary)\r\n") && text.hasSuffix("\r\n--\(boundary)--\r\n"))
        let inner = text.dropFirst("--\(boundary)\r\n".count).dropLast("\r\n--\(boundary)--\r\n".count)
        let parts = try inner.components(separatedBy: "\r\n--\(boundary)\r\n").map { part in
            let end = try #require(part.range(of: "\r\n\r\n"))
            var headers: [String: String] = [:]
            for line in part[..<end.lowerBound].components(separatedBy: "\r\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
            }
            return Part(headers: headers, body: String(part[end.upperBound...]))
        }
        return (boundary, parts)
    }

    @Test func answerHasKeyAndCertificate() async throws {
        try await run { frontend in
            let response = try await frontend.send(try enroll())
            #expect(response.status == 200)
            #expect(response.header("content-length") == "\(response.body.count)")
            #expect(response.header("cache-control") == "no-store")
            #expect(response.header("transfer-encoding") == nil)
            let (boundary, parts) = try parts(response)
            try #require(parts.count == 2)
            #expect(
                parts[0].headers == ["content-type": "application/pkcs8", "content-transfer-encoding": "base64"])
            #expect(
                parts[1].headers == [
                    "content-type": "application/pkcs7-mime; smime-type=certs-only",
                    "content-transfer-encoding": "base64",
                ])
            let key = try Certificate.PrivateKey(
                pemDocument: PEMDocument(type: "PRIVATE KEY", derBytes: Base64Body.decode(parts[0].body.utf8)))
            let chain = try CertsOnlyMessage.decode(Base64Body.decode(parts[1].body.utf8))
            try #require(chain.count == 1)
            #expect(try Certificate(derEncoded: chain[0]).publicKey == key.publicKey)
            #expect(frontend.signer.received.last?.operation == .serverKeyGeneration)
            // Each answer has a boundary of its own.
            #expect(try await self.parts(frontend.send(try enroll())).boundary != boundary)
            let metrics = try await frontend.get("/metrics").1
            #expect(metrics.contains("route=\"serverkeygen\",status=\"200\"} 2"))
        }
    }

    @Test func base64IsLaidOutAsInTheRequest() async throws {
        try await run { frontend in
            let lines = try await parts(frontend.send(try enroll())).1
            var request = try enroll()
            request.body = request.body?.replacingOccurrences(of: "\n", with: "")
            let oneLine = try await parts(frontend.send(request)).1
            for index in 0..<2 {
                #expect(lines[index].body.split(separator: "\n").count > 1)
                #expect(lines[index].body.split(separator: "\n").allSatisfy { $0.count <= 64 })
                #expect(oneLine[index].body.split(separator: "\n").count == 1)
            }
        }
    }

    @Test func encryptedKeyIsNamedForWhatItIs() async throws {
        try await run(.encrypted) { frontend in
            frontend.signer.set { $0.deliveredKey = .enveloped(Data([0x30, 0x00])) }
            let refused = try await frontend.send(try enroll())
            #expect(refused.status == 400)
            #expect(refused.text.contains("encrypted keys only"))
            // The signer was not bothered.
            #expect(frontend.signer.received.isEmpty)
            try await eventually("the denial is an event") {
                frontend.auditor.events.contains { $0.reason == "key-encryption-required" }
            }
        }
        try await run { frontend in
            frontend.signer.set { $0.deliveredKey = .enveloped(Data([0x30, 0x00])) }
            let parts = try await parts(frontend.send(try enroll())).1
            #expect(parts[0].headers["content-type"] == "application/pkcs7-mime; smime-type=server-generated-key")
            #expect(try Base64Body.decode(parts[0].body.utf8) == [0x30, 0x00])
        }
    }

    @Test func labelWithoutItHasNoSuchPath() async throws {
        try await run { frontend in
            #expect(try await frontend.send(try enroll(label: "strict")).status == 404)
            #expect(try await frontend.send(.get("/.well-known/est/strict/serverkeygen")).status == 404)
            let wrongMethod = try await frontend.send(.get("/.well-known/est/serverkeygen"))
            #expect(wrongMethod.status == 405 && wrongMethod.header("allow") == "POST")
            #expect(try await frontend.send(try enroll(secret: nil)).status == 401)
            #expect(try await frontend.send(try enroll(secret: "wrong")).status == 401)
            #expect(try await frontend.send(try enroll("d.example.org")).status == 403)
            #expect(try await frontend.send(try enroll().with("Content-Type", "text/plain")).status == 415)
        }
    }

    @Test(arguments: [
        (ServiceError.Code.keyEncryptionRequired, 400), (.keyEncryptionUnsupported, 400), (.decryptionKeyUnknown, 403),
        (.keyAlreadyDelivered, 409),
    ]) func refusalsOfTheSignerHaveTheirStatus(_ code: ServiceError.Code, _ status: Int) async throws {
        try await run { frontend in
            frontend.signer.set { $0.enrollmentError = ServiceError(code, "Because.") }
            let response = try await frontend.send(try enroll())
            #expect(response.status == status)
            #expect(response.text == "Because.\n")
        }
    }
}
