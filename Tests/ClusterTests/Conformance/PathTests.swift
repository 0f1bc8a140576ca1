internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TestTLSClient
internal import Testing
internal import X509

/// RFC 7030 §3.2.2: which paths are served, and by which label.
@Suite struct PathTests {
    private static let elsewhere = "paths-elsewhere"

    /// What `cacerts` answers: it tells the label's authority.
    private func bag(_ cluster: TestCluster, label: String?) async throws -> [UInt8] {
        let path = ["/.well-known/est", label, "cacerts"].compactMap { $0 }.joined(separator: "/")
        let response = try await cluster.send(.get(path))
        #expect(response.status == 200)
        return response.body
    }

    // MARK: P1

    @Test("P1: a path without a label and one with a label are served, each with its own authority")
    func p1Authorities() async throws {
        let cluster = try await ConformanceCluster.shared()
        let own = try await bag(cluster, label: nil)
        let other = try await bag(cluster, label: Self.elsewhere)
        #expect(own != other)
        #expect(try await bag(cluster, label: "default") == own)

        let secret = try await cluster.secret(uses: 1)
        let otherSecret = try await cluster.secret(label: Self.elsewhere, uses: 1)
        let first = try TestDevice("p1-own.example.com", in: cluster)
        let issued = try await first.enroll(cluster, secret: secret).certificate()
        let second = try ElsewhereDevice("p1.elsewhere.example.com", in: cluster)
        let issuedElsewhere = try await second.enroll(secret: otherSecret).certificate()
        #expect(issuedElsewhere.issuer.description == "CN=Elsewhere Issuing")
        #expect(issued.issuer != issuedElsewhere.issuer)
        // Neither label's secret means anything to the other.
        let crossed = try await first.enroll(cluster, secret: otherSecret)
        #expect(crossed.status == 401)
    }

    @Test("P1: each label has its own profile: key, subject, usage and validity")
    func p1Profiles() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(label: Self.elsewhere, uses: 3)
        let device = try ElsewhereDevice("p1-profile.elsewhere.example.com", in: cluster)
        let certificate = try await device.enroll(secret: secret).certificate()
        #expect(try certificate.extensions.extendedKeyUsage.map(Array.init) == [.clientAuth, .emailProtection])
        let lifetime = certificate.notValidAfter.timeIntervalSince(certificate.notValidBefore)
        #expect(lifetime <= 2 * 86_400 + 300)
        // What the other label's profile wants is refused here, with the rule, and the reverse.
        let foreign = try TestDevice("p1-foreign.example.com", in: cluster)
        let refused = try await foreign.enroll(cluster, secret: secret, label: Self.elsewhere)
        #expect(refused.status == 403)
        #expect(refused.text.contains("key.algorithm"))
        let outside = try ElsewhereDevice("p1-outside.example.com", in: cluster)
        let refusedName = try await outside.enroll(secret: secret)
        #expect(refusedName.status == 403)
        #expect(refusedName.text.contains("p1-outside.example.com"))
    }

    @Test("P1: a label's certificate renews there, and not under another authority's label")
    func p1Renewal() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(label: Self.elsewhere, uses: 1)
        let device = try ElsewhereDevice("p1-renewal.elsewhere.example.com", in: cluster)
        let certificate = try await device.enroll(secret: secret).certificate()
        _ = try await device.renew(certificate, label: Self.elsewhere).certificate()
        #expect(try await device.renew(certificate, label: nil).status == 403)
    }

    // MARK: P2

    /// Every spelling that is not ours: none of them may reach another label than it shows.
    private static let spellings = [
        "/.well-known/est/cacerts/", "/.well-known/est//cacerts", "//.well-known/est/cacerts",
        "/.well-known//est/cacerts", "/.well-known/est/default//cacerts", "/.well-known/est/paths-elsewhere/cacerts/",
        "/.well-known/est/./cacerts", "/.well-known/est/../est/cacerts", "/./.well-known/est/cacerts",
        "/.well-known/est/paths-elsewhere/../cacerts", "/.well-known/est/default/../paths-elsewhere/cacerts",
        "/.well-known/est/default/./cacerts", "/.well-known/est/%2e%2e/cacerts", "/.well-known/est/%2E/cacerts",
        "/.well-known/est/default/%2e%2e/paths-elsewhere/cacerts", "/.well-known/est/default%2f..%2fcacerts",
        "/.well-known/est/%63acerts", "/.well-known/est/cacert%73", "/.well-known/%65st/cacerts",
        "/%2ewell-known/est/cacerts", "/.well-known/est/paths%2Delsewhere/cacerts",
        "/.well-known/est/paths%2delsewhere/cacerts", "/.well-known/est/paths-elsewhere%2Fcacerts",
        "/.well-known/est/paths-elsewhere%2fcacerts", "/.well-known/est/cacerts%00",
        "/.well-known/est/paths-elsewhere%00/cacerts", "/.well-known/est/cacerts%20", "/.well-known/est/%",
        "/.well-known/est/cacerts;label=paths-elsewhere", "/.well-known/est/paths-elsewhere;v=1/cacerts",
        "/.well-known/EST/cacerts", "/.Well-Known/est/cacerts", "/.well-known/est/CACERTS",
        "/.well-known/est/Default/cacerts", "/.well-known/est/PATHS-ELSEWHERE/cacerts",
        "/.well-known/est/paths_elsewhere/cacerts", "/.well-known/est\\cacerts",
        "/.well-known/est/default/cacerts/paths-elsewhere", "/.well-known/estx/cacerts", "/.well-known/est/cacertsx",
        "/est/cacerts", "/cacerts", "/.well-known/est", "/.well-known/est/", "/.well-known/est/default",
        "/.well-known/est/default/", "/.well-known/est?cacerts", "/", "/?/.well-known/est/cacerts",
    ]

    @Test("P2: percent-encoded, dotted, doubled and differently cased paths are 404", arguments: spellings)
    func p2Spellings(_ target: String) async throws {
        let cluster = try await ConformanceCluster.shared()
        let response = try await cluster.send(.get(target))
        #expect(response.status == 404)
        #expect(response.header("content-length") == String(response.body.count))
    }

    @Test(
        "P2: a query and an absolute request target are the same path",
        arguments: [
            ("/.well-known/est/cacerts?", nil), ("/.well-known/est/cacerts?paths-elsewhere/cacerts", nil),
            ("/.well-known/est/cacerts?/../paths-elsewhere/cacerts", nil),
            ("/.well-known/est/paths-elsewhere/cacerts?label=default", elsewhere),
            ("https://localhost/.well-known/est/cacerts", nil),
            ("HTTPS://localhost:8443/.well-known/est/paths-elsewhere/cacerts?x", elsewhere),
            ("https://other.example.com/.well-known/est/paths-elsewhere/cacerts", elsewhere),
        ] as [(String, String?)])
    func p2SamePath(_ target: String, _ label: String?) async throws {
        let cluster = try await ConformanceCluster.shared()
        let response = try await cluster.send(.get(target))
        #expect(response.status == 200)
        let expected = try await bag(cluster, label: label)
        #expect(response.body == expected)
    }

    @Test(
        "P2: an absolute request target that hides a path is 404",
        arguments: [
            "https://localhost//.well-known/est/cacerts", "https:/.well-known/est/cacerts",
            "https:///.well-known/est/cacerts", "https://localhost", "https://localhost/",
            "https://localhost?/.well-known/est/cacerts",
            "https://localhost/x/https://localhost/.well-known/est/cacerts",
            "https://localhost/%2e%2e/.well-known/est/cacerts", "ftp://localhost/.well-known/est/cacerts",
            "x:/.well-known/est/cacerts", "/x:/.well-known/est/cacerts", "localhost/.well-known/est/cacerts",
        ])
    func p2AbsoluteTargets(_ target: String) async throws {
        let cluster = try await ConformanceCluster.shared()
        let response = try await cluster.send(.get(target))
        #expect([400, 404].contains(response.status), "\(response.status)")
    }

    @Test(
        "P2: an unknown label or operation is 404",
        arguments: [
            "nobody/cacerts", "nobody/simpleenroll", "default/enroll", "enroll", "cacerts/cacerts",
            "simpleenroll/simpleenroll", "crl", "default/crl",
        ])
    func p2Unknown(_ path: String) async throws {
        let cluster = try await ConformanceCluster.shared()
        for method in ["GET", "POST", "DELETE"] {
            let response = try await cluster.send(
                TestHTTPRequest(method: method, path: "/.well-known/est/\(path)"))
            #expect(response.status == 404)
            #expect(response.header("allow") == nil)
        }
    }

    @Test(
        "P2: two label segments are 404",
        arguments: ["default/strict", "default/default", "paths-elsewhere/default", "a/b", "default/paths-elsewhere/x"])
    func p2TwoLabels(_ labels: String) async throws {
        let cluster = try await ConformanceCluster.shared()
        for operation in ["cacerts", "csrattrs", "simpleenroll", "simplereenroll", "fullcmc", "serverkeygen"] {
            let response = try await cluster.send(.get("/.well-known/est/\(labels)/\(operation)"))
            #expect(response.status == 404)
        }
    }

    @Test("P2: a wrong method is 405 and names the right one", arguments: [nil, "default", elsewhere])
    func p2Methods(_ label: String?) async throws {
        let cluster = try await ConformanceCluster.shared()
        let allowed = [
            "cacerts": "GET", "csrattrs": "GET", "simpleenroll": "POST", "simplereenroll": "POST", "fullcmc": "POST",
        ]
        for (operation, method) in allowed {
            let path = ["/.well-known/est", label, operation].compactMap { $0 }.joined(separator: "/")
            for wrong in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] where wrong != method {
                let response = try await cluster.send(TestHTTPRequest(method: wrong, path: path, body: ""))
                #expect(response.status == 405, "\(wrong) \(path)")
                #expect(response.header("allow") == method)
            }
        }
    }

    @Test("P2: a label named like an operation is refused, at a reload and at the start")
    func p2LabelsNamedLikeOperations() async throws {
        let cluster = try await TestCluster.running()
        let policy = try cluster.policy()
        let operations = ["cacerts", "simpleenroll", "simplereenroll", "fullcmc", "serverkeygen", "csrattrs"]
        for operation in operations {
            try cluster.write(
                policy: policy + "  - name: \(operation)\n    authority: devices\n    profile: device\n")
            let run = try await CommandRun.run([
                "\(TestCluster.executables)/estuary", "reload", "--state", cluster.directory,
            ])
            #expect(run.status != 0)
            #expect(run.errors.contains("«\(operation)» is the name of an EST operation"), "\(run.errors)")
            let response = try await cluster.send(.get("/.well-known/est/\(operation)/cacerts"))
            #expect(response.status == 404)
        }
        // What was in force stays in force, and the refusals are on record.
        #expect(try await cluster.send(.get("/.well-known/est/cacerts")).status == 200)
        try await cluster.waitUntilAudited()
        let refused = try await cluster.events().filter { $0.type == .configurationRefused }
        #expect(refused.count == operations.count)

        try await cluster.process("signer").stop()
        try cluster.start("signer")
        #expect(try await cluster.process("signer").waitForEnd() != 0)
        #expect(cluster.log("signer").contains("«csrattrs» is the name of an EST operation"))
    }
}

/// A device of the label `paths-elsewhere`: its profile wants P-384 and an organization.
private struct ElsewhereDevice {
    private let device: TestDevice
    private let cluster: TestCluster

    init(_ name: String, in cluster: TestCluster) throws {
        self.cluster = cluster
        device = try TestDevice(
            name, in: cluster, alternativeNames: [.dnsName(name)], key: .init(P384.Signing.PrivateKey()))
    }

    private func body() throws -> Data {
        let extensions = try Certificate.Extensions {
            SubjectAlternativeNames(device.alternativeNames)
        }
        let request = try CertificateSigningRequest(
            version: .v1,
            subject: DistinguishedName {
                OrganizationName("Elsewhere")
                CommonName(device.name)
            },
            privateKey: device.key, attributes: .init([.init(ExtensionRequest(extensions: extensions))]))
        return Data(try request.serializeAsPEM().pemString.utf8)
    }

    func enroll(secret: String) async throws -> Curl.Answer {
        try await Curl.post(
            cluster.url("simpleenroll", label: "paths-elsewhere"), body: body(),
            ["--cacert", cluster.trustAnchor, "--user", ":\(secret)"])
    }

    func renew(_ certificate: Certificate, label: String?) async throws -> Curl.Answer {
        let path = "\(device.folder)/certificate.pem"
        try certificate.serializeAsPEM().pemString.write(toFile: path, atomically: true, encoding: .utf8)
        return try await Curl.post(
            cluster.url("simplereenroll", label: label), body: body(),
            ["--cacert", cluster.trustAnchor, "--cert", path, "--key", "\(device.folder)/key.pem"])
    }
}
