internal import ClusterProtocol
internal import Foundation
internal import NIOSSL
internal import TestRequests
internal import TestTLSClient
internal import Testing

/// T2, T3, T4 and T7: who may ask, and what those get who may not.
@Suite struct TLSAndAuthenticationTests {
    private static let challenges = ["Basic realm=\"estuary\"", "Bearer realm=\"estuary\""]

    @Test(
        "T2: without a client certificate cacerts is 200, and an enrollment without a credential 401 or 403",
        arguments: [TLSVersion.tlsv12, .tlsv13])
    func t2NoClientCertificate(version: TLSVersion) async throws {
        let cluster = try await ConformanceCluster.shared()
        let connection = try await cluster.connect(.only(version))
        #expect(try await connection.perform(.get("/.well-known/est/cacerts")).status == 200)
        let request = try TestRequest.device("t2.example.com").der()
        let challenged = try await connection.perform(.enroll(request, secret: nil))
        #expect(challenged.status == 401)
        #expect(challenged.headers["www-authenticate"] == Self.challenges)
        let refused = try await connection.perform(.enroll(request, label: "strict", secret: nil))
        #expect(refused.status == 403)
        #expect(refused.header("WWW-Authenticate") == nil)
        #expect(refused.text.contains("certificate"))
        // No alert has ended the connection.
        #expect(try await connection.perform(.get("/.well-known/est/strict/cacerts")).status == 200)
    }

    /// What stands in the Authorization header, S for the right secret, and the answer to it.
    private static let authorizations: [(String, Int)] = [
        ("Basic device:S", 200), ("Basic :S", 200), ("basic :S", 200), ("Bearer S", 200), ("bearer S", 200),
        ("Basic device:wrong", 401), ("Basic :", 401), ("Bearer wrong", 401), ("Basic S:wrong", 401),
        ("Basic S", 401), ("Raw Basic ###", 401), ("Raw Basic OnNlY3JldA", 401), ("Raw Basic", 401),
        ("Raw Bearer", 401), ("Raw Digest username=\"device\"", 401),
    ]

    @Test("T3: the right secret by Basic or Bearer is 200, any other 401", arguments: authorizations.indices)
    func t3OneHeader(index: Int) async throws {
        let (written, status) = Self.authorizations[index]
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret()
        let response = try await cluster.send(
            TestHTTPRequest.enroll(try TestRequest.device("t3-\(index).example.com").der(), secret: nil)
                .with("Authorization", Self.authorization(written, secret: secret)))
        #expect(response.status == status, "\(written): \(response.text)")
        if status == 401 {
            #expect(response.headers["www-authenticate"] == Self.challenges)
        } else {
            _ = try response.certificate()
        }
    }

    private static func authorization(_ written: String, secret: String) -> String {
        if written.hasPrefix("Raw ") { return String(written.dropFirst(4)) }
        let parts = written.split(separator: " ")
        let credentials = String(parts[1]).replacing("S", with: secret)
        let isBasic = parts[0].lowercased() == "basic"
        return "\(parts[0]) " + (isBasic ? Data(credentials.utf8).base64EncodedString() : String(credentials))
    }

    @Test("T3: curl with --user and with --oauth2-bearer is served")
    func t3Curl() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(uses: 3)
        for (index, arguments) in [["--user", "a:\(secret)"], ["--user", ":\(secret)"], ["--oauth2-bearer", secret]]
            .enumerated()
        {
            let body = try TestRequest.device("t3-curl-\(index).example.com").der().base64EncodedData()
            let answer = try await Curl.post(
                cluster.url("simpleenroll"), body: body, ["--cacert", cluster.trustAnchor] + arguments)
            _ = try answer.certificate()
        }
    }

    @Test("T3: two Authorization headers are 400, a 64 KB header is 431")
    func t3TooMuch() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret()
        let request = TestHTTPRequest.enroll(try TestRequest.device("t3-two.example.com").der(), secret: secret)
        var twice = request
        twice.headers.append(("Authorization", "Bearer \(secret)"))
        #expect(try await cluster.send(twice).status == 400)
        let long = try await cluster.send(
            request.with("Authorization", "Bearer " + String(repeating: "x", count: 64 * 1024)))
        #expect(long.status == 431)
        // Neither has used the secret.
        _ = try await cluster.send(request).certificate()
    }

    @Test("T4: a wrong secret gets the same bytes whatever it asks for, the right one the rule")
    func t4WrongSecret() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(uses: 10)
        let foreign = try await cluster.secret(label: "tls-first-contact")
        let spent = try await cluster.secret()
        _ = try await cluster.send(.enroll(try TestRequest.device("t4-first.example.com").der(), secret: spent))
        let allowed = TestRequest.device("t4.example.com")
        let forbidden: [(TestRequest, String)] = [
            (TestRequest.device("t4.forbidden.net"), "subject.common-name"),
            (
                TestRequest.device("t4.example.com", names: [TestRequest.dns("t4.forbidden.net")]),
                "subject-alternative-name.dns"
            ),
            (
                TestRequest.device("t4.example.com", extensions: [TestRequest.usages(["1.3.6.1.5.5.7.3.1"])]),
                "extended-key-usage"
            ),
        ]
        let connection = try await cluster.connect()
        let wrong = try await connection.perform(.enroll(allowed.der(), secret: "wrong"))
        #expect(wrong.status == 401)
        #expect(wrong.headers["www-authenticate"] == Self.challenges)
        #expect(wrong.text == "An enrollment secret or a client certificate is needed here.\n")
        for (request, rule) in forbidden {
            for secret in ["wrong", "wrong-again", foreign, spent] {
                let response = try await connection.perform(.enroll(try request.der(), secret: secret))
                #expect(response.bytesWithoutDate == wrong.bytesWithoutDate, "\(rule): \(response.text)")
            }
            let response = try await connection.perform(.enroll(try request.der(), secret: secret))
            #expect(response.status == 403)
            #expect(response.text.contains(rule), "\(response.text)")
            #expect(response.header("WWW-Authenticate") == nil)
        }
        for secret in [foreign, spent] {
            let response = try await connection.perform(.enroll(try allowed.der(), secret: secret))
            #expect(response.bytesWithoutDate == wrong.bytesWithoutDate)
        }
        _ = try await connection.perform(.enroll(allowed.der(), secret: secret)).certificate()
    }

    @Test(
        "T7: who posts first without a credential comes back on the same or another connection; no failure is recorded")
    func t7FirstContact() async throws {
        let cluster = try await ConformanceCluster.shared()
        let label = "tls-first-contact"
        let secret = try await cluster.secret(label: label, uses: 3)
        for comesBackOnTheSame in [true, false] {
            let connection = try await cluster.connect()
            let der = try TestRequest.device("t7-\(comesBackOnTheSame).example.com").der()
            let first = try await connection.perform(.enroll(der, label: label, secret: nil))
            #expect(first.status == 401)
            #expect(first.headers["www-authenticate"] == Self.challenges)
            // Bouncy Castle's client can't go on where there is a body.
            #expect(first.body.isEmpty && first.header("Content-Length") == "0")
            let again = comesBackOnTheSame ? connection : try await cluster.connect()
            _ = try await again.perform(.enroll(der, label: label, secret: secret)).certificate()
        }
        // curl does so by itself when it has to find out what the server takes.
        let body = try TestRequest.device("t7-curl.example.com").der().base64EncodedData()
        let answer = try await Curl.post(
            cluster.url("simpleenroll", label: label), body: body,
            ["--cacert", cluster.trustAnchor, "--anyauth", "--user", ":\(secret)"])
        _ = try answer.certificate()
        // A failure of the same frontend, which comes after them in its events.
        _ = try await cluster.send(
            .enroll(try TestRequest.device("t7-wrong.forbidden.net").der(), secret: cluster.firstSecret()))
        var events: [AuditEvent] = []
        try await wait("the later denial is in the log") {
            events = try await cluster.events()
            return events.contains { $0.type == .denied && $0.subject?.contains("t7-wrong") == true }
        }
        #expect(!events.contains { $0.type == .denied && $0.label == label && $0.reason == "credential-required" })
        #expect(!events.contains { $0.type == .denied && $0.subject?.contains("CN=t7-") == true && $0.label == label })
        #expect(events.count { $0.type == .issued && $0.label == label } == 3)
    }
}
