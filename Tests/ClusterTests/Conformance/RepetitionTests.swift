internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import PKI
internal import TestRequests
internal import TestTLSClient
internal import Testing
internal import X509

/// Cases W2 and W3: the same request again, and the same `Idempotency-Key` for another one.
@Suite struct RepetitionTests {
    @Test(
        "W2: the same request, at once and later, on two frontends, with fresh signatures and channel bindings: one certificate, one issued event, one use"
    )
    func w2Repeated() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await newSecret(cluster, uses: 50, label: "waiting")
        let client = Client(name: "w2-repeated", cluster: cluster, secret: secret.secret)
        let atOnce = try await concurrently(Array(0..<10)) { index in
            try await client.ask(frontend: index % 2 + 1, channelBinding: index % 3 != 0)
        }
        var later: [TestResponse] = []
        for index in 0..<4 {
            later.append(try await client.ask(frontend: index % 2 + 1, channelBinding: index < 2))
        }
        let certificates = try (atOnce + later).map { try $0.certificateDER() }
        #expect(Set(certificates).count == 1)
        #expect(try await uses(of: secret.id, cluster) == 1)
        try await cluster.waitUntilAudited()
        let events = try await cluster.events().filter { $0.principal == "secret:\(secret.id)" }
        #expect(events.count { $0.type == .issued } == 1)
        #expect(events.count { $0.type == .replayed } == 13)
        #expect(events.count { $0.type == .denied } == 0)
    }

    @Test("W2: a single-use secret that is spent still gives the same request its certificate, and another one 401")
    func w2Spent() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await newSecret(cluster, uses: 1, label: "waiting")
        let client = Client(name: "w2-spent", cluster: cluster, secret: secret.secret)
        let first = try await client.ask().certificateDER()
        #expect(try await client.ask(frontend: 2).certificateDER() == first)
        let other = Client(name: "w2-spent", cluster: cluster, secret: secret.secret)
        #expect(try await other.ask().status == 401)
        #expect(try await uses(of: secret.id, cluster) == 1)
    }

    @Test("W2: a request that differs in EKU or in another extension is judged anew")
    func w2Different() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await newSecret(cluster, uses: 50, label: "waiting")
        let client = Client(name: "w2-different", cluster: cluster, secret: secret.secret)
        let requests: [[[UInt8]]] = [
            [], [TestRequest.usages(["1.3.6.1.5.5.7.3.2"])],
            [TestRequest.usages(["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4"])],
            [TestRequest.alternativeNames([TestRequest.dns("w2-different.example.com")])],
        ]
        var certificates: [[UInt8]] = []
        for extensions in requests {
            certificates.append(try await client.ask(extensions: extensions).certificateDER())
            // And each is a request of its own, that is repeated by itself.
            #expect(try await client.ask(frontend: 2, extensions: extensions).certificateDER() == certificates.last)
        }
        #expect(Set(certificates).count == 4)
        #expect(try await uses(of: secret.id, cluster) == 4)
        // What was issued before buys nothing that the profile does not allow.
        let refused = try await client.ask(extensions: [TestRequest.usages(["1.3.6.1.5.5.7.3.1"])])
        #expect(refused.status == 403)
        #expect(refused.text.contains("extended-key-usage"))
    }

    // MARK: Idempotency-Key

    @Test("W3: the same Idempotency-Key for another request of the same client → 409; the same request again → 200")
    func w3SameClient() async throws {
        let cluster = try await ConformanceCluster.shared()
        for uses in [1, 50] {
            let secret = try await cluster.secret(label: "waiting", uses: uses)
            let client = Client(name: "w3-same-\(uses)", cluster: cluster, secret: secret)
            let first = try await client.ask(idempotencyKey: "w3-key").certificateDER()
            #expect(try await client.ask(frontend: 2, idempotencyKey: "w3-key").certificateDER() == first)
            for frontend in [1, 2] {
                let conflict = try await client.ask(
                    frontend: frontend, extensions: [TestRequest.usages(["1.3.6.1.5.5.7.3.4"])],
                    idempotencyKey: "w3-key")
                #expect(conflict.status == 409)
                #expect(conflict.text.contains("Idempotency-Key"))
            }
        }
    }

    @Test("W3: the same Idempotency-Key of a client with a certificate for another request → 409")
    func w3Certificate() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(uses: 10)
        let key = ["--header", "Idempotency-Key: w3-certificate"]
        let device = try TestDevice("w3-certificate-1", in: cluster)
        let other = try TestDevice("w3-certificate-2", in: cluster)
        let held = try await device.enroll(cluster, secret: secret).certificate()
        let othersHeld = try await other.enroll(cluster, secret: secret).certificate()
        let renewed = try await device.renew(cluster, with: held, of: device, key).certificate()
        #expect(
            try await device.renew(cluster, with: held, of: device, frontend: 2, key).certificate().derEncoded()
                == renewed.derEncoded())
        let conflict = try await device.rekeyed(in: cluster).renew(cluster, with: held, of: device, key)
        #expect(conflict.status == 409)
        // Another certificate is another client.
        _ = try await other.renew(cluster, with: othersHeld, of: other, key).certificate()
    }

    @Test(
        "W3: the same Idempotency-Key of another client, also with the same multi-use secret and another key: no relation"
    )
    func w3OtherClients() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(label: "waiting", uses: 50)
        let another = try await cluster.secret(label: "waiting", uses: 50)
        var certificates: [[UInt8]] = []
        for (name, secret) in [("w3-other-1", secret), ("w3-other-2", secret), ("w3-other-3", another)] {
            let client = Client(name: name, cluster: cluster, secret: secret)
            certificates.append(try await client.ask(idempotencyKey: "w3-shared").certificateDER())
        }
        #expect(Set(certificates).count == 3)
    }

    @Test("W3: an Idempotency-Key has 1 to 255 characters, and is there once")
    func w3Bounds() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(label: "waiting", uses: 50)
        let client = Client(name: "w3-bounds", cluster: cluster, secret: secret)
        for key in ["", String(repeating: "k", count: 256), String(repeating: "k", count: 4_000)] {
            let refused = try await client.ask(idempotencyKey: key)
            #expect(refused.status == 400, "\(key.count) characters")
            #expect(refused.text.contains("Idempotency-Key"))
        }
        let twice = try await client.ask(idempotencyKey: "a\r\nIdempotency-Key: b")
        #expect(twice.status == 400)
        #expect(try await client.ask(idempotencyKey: "k").status == 200)
        #expect(try await client.ask(idempotencyKey: String(repeating: "k", count: 255)).status == 200)
    }
}

/// A device with a key, a name and a secret, whose every request is signed anew.
private struct Client: Sendable {
    let name: String
    let cluster: TestCluster
    let secret: String
    let key = P256.Signing.PrivateKey()

    /// - Parameter channelBinding: with that of its connection as challengePassword.
    func ask(
        frontend: Int = 1, extensions: [[UInt8]] = [], channelBinding: Bool = false, idempotencyKey: String? = nil
    ) async throws -> TestResponse {
        let connection = try await cluster.connect(frontend: frontend)
        var request = TestRequest(subject: TestRequest.name([("2.5.4.3", .utf8String, name)]), extensions: extensions)
        request.key = .p256(key)
        if channelBinding {
            let binding = try #require(connection.channelBinding)
            request.attributes = [
                TestRequest.attribute(
                    "1.2.840.113549.1.9.7",
                    [TestRequest.string(.utf8String, Data(binding).base64EncodedString())])
            ]
        }
        var headers: [(String, String)] = []
        if let idempotencyKey { headers.append(("Idempotency-Key", idempotencyKey)) }
        let response = try await connection.perform(
            .enroll(Data(try request.encoded()), label: "waiting", secret: secret, headers: headers))
        await connection.close()
        return response
    }
}

extension TestResponse {
    /// The DER of the one certificate in an answer, which must be 200.
    fileprivate func certificateDER(sourceLocation: SourceLocation = #_sourceLocation) throws -> [UInt8] {
        try #require(status == 200, "\(status): \(text)", sourceLocation: sourceLocation)
        let certificates = try CertsOnlyMessage.decode(try Base64Body.decode(body))
        return try #require(certificates.first, sourceLocation: sourceLocation)
    }
}
