internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Distributed
internal import Foundation
internal import Logging
internal import PKI
internal import SwiftASN1
internal import Testing
internal import X509

/// Processes that go away: killed in the middle of an issuance, stopped, and started again.
@Suite struct LostProcessTests {
    @Test(arguments: ["before-commit", "after-commit", "after-answer"])
    func aKilledSignerGivesTheSameRequestOneCertificate(_ instant: String) async throws {
        let cluster = try await TestCluster(frontends: 3)
        for name in ["auditor"] + cluster.frontends {
            try cluster.start(name)
        }
        // A debug build ends itself at this point of the first transaction that issues a certificate.
        try cluster.start("signer", environment: instant == "after-answer" ? [:] : ["ESTUARY_CRASH_POINT": instant])
        try await cluster.waitUntilReady()
        let secret = try await newSecret(cluster, uses: 50)
        let device = try TestDevice("sensor-1", in: cluster)

        let first = try await concurrently(Array(0..<10)) { index in
            try await device.enroll(cluster, secret: secret.secret, frontend: index % 3 + 1)
        }
        if instant == "after-answer" {
            #expect(first.allSatisfy { $0.status == 200 })
            try await cluster.process("signer").killNow()
        } else {
            #expect(first.allSatisfy { $0.status == 503 && $0.headers["retry-after"] != nil })
            #expect(try await cluster.process("signer").waitForEnd() == SIGKILL)
        }
        try cluster.start("signer")
        try await cluster.waitUntilReady()

        let second = try await concurrently(Array(0..<10)) { index in
            try await device.enroll(cluster, secret: secret.secret, frontend: index % 3 + 1)
        }
        let certificates = try (second + first.filter { $0.status == 200 }).map {
            try Array($0.certificate().derEncoded())
        }
        #expect(Set(certificates).count == 1)
        #expect(try await uses(of: secret.id, cluster) == 1)
        try await cluster.waitUntilAudited()
        let issued = try await cluster.events().filter { $0.type == .issued }
        #expect(issued.count == 1)
        #expect(issued.first?.certificate.map(Array.init) == certificates.first)
    }

    @Test func withTheSignerStoppedCacertsAnswersAndEnrollmentComesBackByItself() async throws {
        let cluster = try await TestCluster.running(frontends: 2)
        let device = try TestDevice("sensor-1", in: cluster)
        let secret = try cluster.firstSecret()
        #expect(try await cluster.process("signer").stop() == 0)

        #expect(try await Curl.get(cluster.url("cacerts"), ["--cacert", cluster.trustAnchor]).status == 200)
        #expect(try await Curl.get(cluster.url("csrattrs"), ["--cacert", cluster.trustAnchor]).status == 200)
        // Within two seconds: curl gives up after that.
        let refused = try await device.enroll(cluster, secret: secret, ["--max-time", "2"])
        #expect(refused.status == 503)
        #expect(refused.headers["retry-after"].flatMap { Int($0) } ?? 0 > 0)

        try cluster.start("signer")
        try await wait("a device enrolls again") {
            try await device.enroll(cluster, secret: secret, frontend: 2).status == 200
        }
    }

    @Test func aHungSignerIsNoticedAndFoundAgain() async throws {
        let cluster = try await TestCluster.running()
        let device = try TestDevice("sensor-1", in: cluster)
        let secret = try cluster.firstSecret()
        try cluster.process("signer").signal(SIGSTOP)
        // The device's patience is longer than what a hung signer may cost.
        let refused = try await device.enroll(cluster, secret: secret, ["--max-time", "10"])
        #expect(refused.status == 503)
        try cluster.process("signer").signal(SIGCONT)
        try await wait("a device enrolls again") {
            try await device.enroll(cluster, secret: secret).status == 200
        }
        try await cluster.waitUntilAudited()
        #expect(try await cluster.events().count { $0.type == .issued } == 1)
    }

    @Test func withTheAuditorStoppedEnrollmentGoesOnAndItsEventsArriveOnce() async throws {
        let cluster = try await TestCluster.running(frontends: 2)
        let secret = try cluster.firstSecret()
        #expect(try await cluster.process("auditor").stop() == 0)
        let certificates = try await concurrently(Array(1...20)) { number in
            try await TestDevice("sensor-\(number)", in: cluster)
                .enroll(cluster, secret: secret, frontend: number % 2 + 1).certificate()
        }
        try cluster.start("auditor")
        try await cluster.waitUntilAudited()
        let issued = try await cluster.events().filter { $0.type == .issued }
        #expect(issued.count == 20)
        #expect(Set(issued.compactMap(\.serial)) == Set(certificates.map { Array($0.serialNumber.bytes).hexadecimal }))
        let signer = try await cluster.events().filter { $0.source == "signer" }.map(\.sequence)
        #expect(signer == Array(1...Int64(signer.count)))
    }

    @Test func aFrontendStartsWithoutTheSignerFromItsSignedCatalogue() async throws {
        let cluster = try await TestCluster.running()
        try await cluster.process("frontend-1").stop()
        try await cluster.process("signer").stop()
        try cluster.start("frontend-1")
        try await wait("cacerts is served") {
            try await Curl.get(cluster.url("cacerts"), ["--cacert", cluster.trustAnchor]).status == 200
        }
    }

    @Test(arguments: ["signer", "auditor"])
    func aSecondProcessOnTheSameDataIsRefused(_ role: String) async throws {
        let cluster = try await TestCluster.running()
        let second = try await CommandRun.run([
            "\(TestCluster.executables)/estuary-\(role)", "serve", "--configuration",
            "\(cluster.directory)/\(role)/configuration.yaml",
        ])
        #expect(second.status == 1)
        #expect(second.errors.contains("another process works here already"))
        // The first one goes on.
        _ = try await TestDevice("sensor-1", in: cluster).enroll(cluster, secret: cluster.firstSecret()).certificate()
    }

    @Test func aRemovedNodeIsDeadWithinASecondAndAnotherKeyBringsItBack() async throws {
        let cluster = try await TestCluster.running(frontends: 2)
        let secret = try cluster.firstSecret()
        let device = try TestDevice("sensor-1", in: cluster)
        try await cluster.estuary("node", "remove", "frontend-2")
        #expect(try await device.enroll(cluster, secret: secret, frontend: 2).status == 503)
        #expect(try await device.enroll(cluster, secret: secret, frontend: 1).status == 200)
        try await cluster.waitUntilAudited()
        #expect(try await cluster.events().contains { $0.type == .nodeRemoved && $0.node == "frontend-2" })

        // A new folder has another key.
        let oldKey = try cluster.publicKey(of: "frontend-2")
        let address = try cluster.address(frontend: 2)
        try await cluster.process("frontend-2").stop()
        try FileManager.default.removeItem(atPath: "\(cluster.directory)/frontend-2")
        try await cluster.estuary(
            "node", "add", "frontend-2", "--hosts", "localhost,127.0.0.1", "--listen", address, "--directory",
            "\(cluster.directory)/frontend-2")
        #expect(try cluster.publicKey(of: "frontend-2") != oldKey)
        try cluster.start("frontend-2")
        try await cluster.waitUntilReady()
        let another = try TestDevice("sensor-2", in: cluster)
        try await wait("a device enrolls through it") {
            try await another.enroll(cluster, secret: secret, frontend: 2).status == 200
        }
    }
}

/// What a stolen frontend can ask the signer for, with nothing but its CURVE key.
@Suite struct StolenFrontendTests {
    @Test func theSignerRefusesWhatTheFrontendWouldHaveRefused() async throws {
        let cluster = try await TestCluster.running()
        try await cluster.process("frontend-1").stop()
        let system = try ZeroMQActorSystem(logger: Logger(label: "test"))
        let connection = try await system.connect(try cluster.signerConnection(of: "frontend-1"))
        #expect(await connection.waitUntilUp(for: .seconds(10)))
        let signing = try SigningService.resolve(id: connection.address(of: "signing"), using: system)
        let secret = Secret(try cluster.firstSecret())

        func code(_ device: TestDevice, _ extensions: Certificate.Extensions? = nil, label: String = "default") async
            -> ServiceError.Code?
        {
            do {
                let base64 = try device.certificationRequest(extensions: extensions)
                _ = try await signing.enroll(
                    EnrollRequest(
                        operation: .simpleEnroll, label: label,
                        certificationRequest: Data(base64Encoded: base64) ?? Data(),
                        secret: secret, requestID: "test", remoteAddress: "192.0.2.1"))
                return nil
            } catch {
                return (error as? ServiceError)?.code ?? .unexpected
            }
        }
        let name = try TestDevice("sensor-1", in: cluster, alternativeNames: [.dnsName("a.example.org")])
        #expect(await code(name) == .profileViolation)
        let device = try TestDevice("sensor-1", in: cluster)
        #expect(
            await code(device, try Certificate.Extensions { try ExtendedKeyUsage([.serverAuth]) }) == .profileViolation)
        #expect(
            await code(
                device,
                try Certificate.Extensions { Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil)) })
                == .profileViolation)
        #expect(await code(device, try untilTheEndOfTheCentury()) == .profileViolation)
        let key = try TestDevice("sensor-1", in: cluster, key: .init(P521.Signing.PrivateKey()))
        #expect(await code(key) == .profileViolation)
        #expect(await code(device, label: "nowhere") == .unknownLabel)
        #expect(await code(device) == nil)

        // The administration's methods are not there for a frontend's key.
        let administration = try AdministrationService.resolve(
            id: connection.address(of: "administration"), using: system)
        await #expect(throws: ServiceError.self) { try await administration.listNodes(ListNodesRequest()) }
        await system.shutdown()
    }
}

extension TestCluster {
    /// The CURVE key in a process's folder.
    func publicKey(of name: String) throws -> String {
        try String(contentsOfFile: "\(directory)/\(name)/curve.key.pub", encoding: .utf8)
    }

    /// How a frontend connects to the signer, with that frontend's own key.
    func signerConnection(of frontend: String) throws -> ConnectionConfiguration {
        let text = try String(contentsOfFile: "\(directory)/\(frontend)/configuration.yaml", encoding: .utf8)
        func value(_ key: String) throws -> String {
            let line = try #require(text.split(separator: "\n").first { $0.contains("\(key):") })
            return line.components(separatedBy: "\(key):")[1].trimmingCharacters(in: CharacterSet(charactersIn: " '\""))
        }
        return ConnectionConfiguration(
            endpoint: try value("- endpoint"),
            security: .curve(
                own: try CurveKeyPair.load(path: "\(directory)/\(frontend)/curve.key"),
                server: try CurvePublicKey(z85: try value(" key"))),
            maximumInFlight: 100, callTimeout: .seconds(10))
    }
}
