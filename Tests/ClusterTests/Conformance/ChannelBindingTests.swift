internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import NIOSSL
internal import TestRequests
internal import TestTLSClient
internal import Testing

/// RFC 7030 §3.5: a request may name the TLS connection that it comes on. With tls-unique (RFC 5929) on TLS 1.2, and the
/// exporter of RFC 9266 on TLS 1.3. The values are those of OpenSSL, by python3 and by `openssl s_client`.
@Suite struct ChannelBindingTests {
    private static let exporter = ["-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32"]

    /// A request for a name, with a key of its own.
    private static func request(_ name: String, challengePassword: String?) throws -> Data {
        var request = TestRequest(subject: TestRequest.name([("2.5.4.3", .utf8String, name)]))
        request.key = .p256(P256.Signing.PrivateKey())
        if let challengePassword {
            request.attributes = [
                TestRequest.attribute("1.2.840.113549.1.9.7", [TestRequest.string(.utf8String, challengePassword)])
            ]
        }
        return Data(try request.encoded())
    }

    /// What became of the events about names: the channel binding of what was issued, the reason of what was denied.
    private func outcomes(_ cluster: TestCluster, name: String) async throws -> [String] {
        try await cluster.waitUntilAudited()
        return try await cluster.events().filter { $0.subject?.hasSuffix(name) == true }.map {
            $0.type == .issued ? $0.channelBinding?.rawValue ?? "none" : $0.reason ?? ""
        }
    }

    // MARK: B1

    @Test("B1: tls-unique on TLS 1.2, in full handshakes and on resumed sessions", arguments: [1, 2])
    func b1TLS12(_ frontend: Int) async throws {
        let cluster = try await ConformanceCluster.shared()
        let name = "b1-12-\(frontend).example.com"
        let client = PythonClient(
            cluster: cluster, version: "1.2", label: "binding-required",
            secret: try await cluster.secret(label: "binding-required", uses: 10), name: name, frontend: frontend)
        let steps = try await client.run(["full:own", "resumed:own", "resumed:own", "full:own"])
        #expect(steps.map(\.status) == [200, 200, 200, 200], "\(steps)")
        #expect(steps.map(\.isResumed) == [false, true, true, false])
        #expect(steps.allSatisfy { $0.version == "TLSv1.2" })
        #expect(try await outcomes(cluster, name: name) == ["verified", "verified", "verified", "verified"])
    }

    @Test("B1: the exporter on TLS 1.3, in a full handshake and on a resumed session")
    func b1TLS13() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(label: "binding-required", uses: 10)
        let client = OpenSSLClient(port: try cluster.port())
        let session = "\(cluster.directory)/b1-session.pem"
        for (step, options) in [("New", ["-sess_out", session]), ("Reused", ["-sess_in", session])] {
            let printed = try await client.exchange(["-tls1_3"] + Self.exporter + options) { printed in
                TestHTTPRequest.enroll(
                    try Self.request(
                        "\(step).b1-13.example.com", challengePassword: try OpenSSLClient.exporter(in: printed)),
                    label: "binding-required", secret: secret, headers: [("Connection", "close")]
                ).text
            }
            #expect(printed.contains("HTTP/1.1 200 OK"), "\(printed)")
            #expect(printed.contains("\n\(step), TLSv1.3"))
        }
        #expect(try await outcomes(cluster, name: "b1-13.example.com") == ["verified", "verified"])
    }

    @Test("B1: a request without a binding is served where none is asked for, and its event says nothing of one")
    func b1Optional() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(uses: 2)
        for value in [nil, ""] {
            let request = try Self.request(
                value == nil ? "absent.b1-optional.example.com" : "empty.b1-optional.example.com",
                challengePassword: value)
            #expect(try await cluster.send(.enroll(request, secret: secret)).status == 200)
        }
        #expect(try await outcomes(cluster, name: "b1-optional.example.com") == ["none", "none"])
    }

    @Test("B1: a renewal names its connection too", arguments: [TLSVersion.tlsv12, .tlsv13])
    func b1Renewal(_ version: TLSVersion) async throws {
        let cluster = try await ConformanceCluster.shared()
        let name = "b1-renewal-\(version == .tlsv12 ? 12 : 13).example.com"
        let device = try TestDevice(name, in: cluster)
        let certificate = try await device.enroll(cluster, secret: cluster.secret()).certificate()
        var options = try TestConnection.Options(certificate: [certificate], key: device.key)
        options.minimum = version
        options.maximum = version
        let connection = try await cluster.connect(options)
        let own = Data(try #require(connection.channelBinding)).base64EncodedString()
        for (value, status) in [(nil, 400), ("b3RoZXI=", 400), (own, 200)] {
            let request = TestHTTPRequest.enroll(
                try Self.request(name, challengePassword: value), label: "binding-required",
                operation: "simplereenroll", secret: nil)
            #expect(try await connection.perform(request).status == status)
        }
        await connection.close()
    }

    // MARK: B2

    @Test("B2: the value of an earlier connection is refused on the session that it began")
    func b2Stale() async throws {
        let cluster = try await ConformanceCluster.shared()
        for label in ["default", "binding-required"] {
            let name = "b2-\(label).example.com"
            let client = PythonClient(
                cluster: cluster, version: "1.2", label: label,
                secret: try await cluster.secret(label: label, uses: 10),
                name: name)
            let steps = try await client.run(["full:own", "resumed:first", "full:first", "full:own"])
            #expect(steps.map(\.status) == [200, 400, 400, 200], "\(steps)")
            #expect(steps[1].isResumed)
            let refused = "The challengePassword is not this connection's tls-unique value in base64."
            #expect(steps[1].text == refused && steps[2].text == refused)
            try await wait("the denials are recorded") {
                try await outcomes(cluster, name: name).sorted() == [
                    "channel-binding-mismatch", "channel-binding-mismatch", "verified", "verified",
                ]
            }
        }
    }

    @Test("B2: a session that was resumed without extended master secret has no value to compare")
    func b2WithoutExtendedMasterSecret() async throws {
        let cluster = try await ConformanceCluster.shared()
        let client = PythonClient(
            cluster: cluster, version: "1.2-without-ems", label: "default", secret: try await cluster.secret(uses: 10),
            name: "b2-ems.example.com")
        let steps = try await client.run(["full:own", "resumed:own", "resumed:first", "resumed:none"])
        #expect(steps.map(\.isResumed) == [false, true, true, true])
        #expect(steps.map(\.status) == [200, 400, 400, 200], "\(steps)")
        #expect(steps[1].text.contains("no tls-unique value"))
        #expect(steps[1].text.contains("without extended master secret"))
    }

    @Test(
        "B2: any other value is 400 on every label, and names the binding, never its value",
        arguments: ["default", "binding-required"], [TLSVersion.tlsv12, .tlsv13])
    func b2AnyOtherValue(_ label: String, _ version: TLSVersion) async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(label: label, uses: 2)
        let kind = version == .tlsv12 ? "tls-unique" : "tls-exporter"
        let other = try await cluster.connect(.only(version))
        let connection = try await cluster.connect(.only(version))
        let own = Data(try #require(connection.channelBinding))
        let others = Data(try #require(other.channelBinding))
        let name = "b2-other-\(label)-\(kind).example.com"
        let values = [
            others.base64EncodedString(), own.dropLast().base64EncodedString(), (own + [0]).base64EncodedString(),
            own.map { String(format: "%02x", $0) }.joined(), own.base64EncodedString().lowercased(),
            own.base64EncodedString() + "=", " ", "x", "none", String(repeating: "A", count: 2_000),
        ]
        for value in values {
            let response = try await connection.perform(
                .enroll(try Self.request(name, challengePassword: value), label: label, secret: secret))
            #expect(response.status == 400, "\(value)")
            #expect(response.text == "The challengePassword is not this connection's \(kind) value in base64.\n")
        }
        // A refusal used nothing up, and told nobody the value.
        let good = try await connection.perform(
            .enroll(
                try Self.request(name, challengePassword: own.base64EncodedString()), label: label, secret: secret))
        #expect(good.status == 200)
        await connection.close()
        await other.close()
        try await wait("the denials are recorded") {
            try await outcomes(cluster, name: name).count { $0 == "channel-binding-mismatch" } >= 1
        }
        let events = try await cluster.estuary("audit", "list", "--json", "--limit", "100000")
        for secretValue in [own.base64EncodedString(), others.base64EncodedString()] {
            #expect(!events.contains(secretValue))
            #expect(!cluster.log("frontend-1").contains(secretValue))
            #expect(!cluster.log("signer").contains(secretValue))
        }
    }

    // MARK: B3

    @Test(
        "B3: required and absent, or empty, is 400 and says what is asked for",
        arguments: [TLSVersion.tlsv12, .tlsv13])
    func b3(_ version: TLSVersion) async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(label: "binding-required", uses: 2)
        let kind = version == .tlsv12 ? "tls-unique" : "tls-exporter"
        let name = "b3-\(kind).example.com"
        for value in [nil, ""] {
            let response = try await cluster.send(
                .enroll(try Self.request(name, challengePassword: value), label: "binding-required", secret: secret),
                .only(version))
            #expect(response.status == 400)
            #expect(
                response.text == "This label asks for the connection's \(kind) value, in base64, as the request's "
                    + "challengePassword.\n")
            #expect(response.header("www-authenticate") == nil)
        }
        try await wait("the denials are recorded") {
            try await outcomes(cluster, name: name) == ["channel-binding-required", "channel-binding-required"]
        }
    }

    // MARK: B4

    @Test("B4: tls-unique on TLS 1.3 is 400 and names the exporter")
    func b4() async throws {
        let cluster = try await ConformanceCluster.shared()
        // What OpenSSL gives out as tls-unique on TLS 1.3, where RFC 9266 defines none.
        for label in ["default", "binding-required"] {
            let client = PythonClient(
                cluster: cluster, version: "1.3", label: label,
                secret: try await cluster.secret(label: label, uses: 10),
                name: "b4-\(label).example.com")
            let steps = try await client.run(["full:own", "resumed:own"])
            #expect(steps.map(\.status) == [400, 400], "\(steps)")
            #expect(steps.map(\.isResumed) == [false, true])
            #expect(
                steps.allSatisfy {
                    $0.text == "The challengePassword is not this connection's tls-exporter value in base64."
                })
        }
    }

    @Test("B4: the exporter on TLS 1.2 is 400 and names tls-unique")
    func b4ExporterOnTLS12() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret()
        let printed = try await OpenSSLClient(port: cluster.port()).exchange(["-tls1_2"] + Self.exporter) { printed in
            TestHTTPRequest.enroll(
                try Self.request(
                    "b4-exporter.example.com", challengePassword: try OpenSSLClient.exporter(in: printed)),
                secret: secret, headers: [("Connection", "close")]
            ).text
        }
        #expect(printed.contains("HTTP/1.1 400 Bad Request"), "\(printed)")
        #expect(printed.contains("The challengePassword is not this connection's tls-unique value in base64."))
    }

    @Test("B4: a listener that is limited to TLS 1.2 serves clients that know only tls-unique")
    func b4Listener() async throws {
        let cluster = try await TestCluster(frontends: 1)
        let path = "\(cluster.directory)/frontend-1/configuration.yaml"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try #require(text.contains("\ntls:\n"))
        try text.replacing("\ntls:\n", with: "\ntls:\n  maximum-version: \"1.2\"\n")
            .write(toFile: path, atomically: true, encoding: .utf8)
        try await cluster.start()
        // Left to itself, the client would speak TLS 1.3.
        let client = PythonClient(
            cluster: cluster, version: "any", label: "default", secret: try cluster.firstSecret(),
            name: "b4-listener.example.com")
        let steps = try await client.run(["full:own", "resumed:own"])
        #expect(steps.map(\.status) == [200, 200], "\(steps)")
        #expect(steps.allSatisfy { $0.version == "TLSv1.2" })
        let refused = try await Curl.get(
            cluster.url("cacerts"), ["--cacert", cluster.trustAnchor, "--tlsv1.3"])
        #expect(refused.status == 0 && refused.exitStatus == 35)
    }

    // MARK: B5

    @Test("B5: a registration authority's value is not compared where the label accepts one, and the event says so")
    func b5() async throws {
        let cluster = try await ConformanceCluster.shared()
        let name = "b5.example.com"
        let registrar = try TestDevice(name, in: cluster)
        let certificate = try await registrar.enroll(
            cluster, secret: cluster.secret(label: "binding-registrar"), label: "binding-registrar"
        ).certificate()
        let options = try TestConnection.Options(certificate: [certificate], key: registrar.key)
        // It asks for other devices, whose names are free; a name that somebody holds it gets no more than others do.
        let delegate = "b5-delegate.example.com"
        let foreign = try Self.request(delegate, challengePassword: "b2YgYW5vdGhlciBjb25uZWN0aW9u")
        let accepted = try await cluster.send(
            .enroll(foreign, label: "binding-delegated", secret: nil), options)
        #expect(accepted.status == 200, "\(accepted.text)")
        let held = try await cluster.send(
            .enroll(
                try Self.request(name, challengePassword: "b2YgYW5vdGhlciBjb25uZWN0aW9u"), label: "binding-delegated",
                secret: nil), options)
        #expect(held.status == 403)
        #expect(held.text.contains("name held"))
        for label in ["default", "binding-required"] {
            let refused = try await cluster.send(.enroll(foreign, label: label, secret: nil), options)
            #expect(refused.status == 400)
            #expect(refused.text.contains("tls-exporter"))
        }
        // The exemption is the certificate's: one that is no registration authority's is compared.
        let device = try TestDevice("b5-device.example.com", in: cluster)
        let own = try await device.enroll(cluster, secret: cluster.secret()).certificate()
        let other = try await cluster.send(
            .enroll(
                try Self.request("b5-device.example.com", challengePassword: "b2YgYW5vdGhlciBjb25uZWN0aW9u"),
                label: "binding-delegated", secret: nil),
            TestConnection.Options(certificate: [own], key: device.key))
        #expect(other.status == 400)
        try await wait("the events are recorded") {
            try await outcomes(cluster, name: "CN=\(delegate)").sorted() == [
                "channel-binding-mismatch", "channel-binding-mismatch", "exempt",
            ]
        }
    }
}
