internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import NIOSSL
internal import PKI
internal import SecureConnections
internal import SwiftASN1
internal import TestTLSClient
internal import Testing
internal import X509

@testable internal import Frontend

/// The frontend as a process among others: start, catalogue, certificate, overload, shutdown.
@Suite struct ServiceTests {
    @Test func itIsReadyWithCatalogueCertificateAndSigner() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            #expect(try await frontend.get("/healthz").0 == 200)
            try await eventually { frontend.signer.lastReport?.catalogueVersion == 1 }
            #expect(frontend.signer.lastReport?.certificateNotAfter != nil)
            _ = try await frontend.send(.get("/.well-known/est/cacerts"))
            let metrics = try await frontend.get("/metrics").1
            #expect(
                metrics.contains(
                    "estuary_frontend_requests_total{label=\"default\",route=\"cacerts\",status=\"200\"} 1"))
            #expect(metrics.contains("estuary_frontend_signer_up{signer=\"memory\"} 1"))
            #expect(metrics.contains("estuary_frontend_handshakes_total{result=\"completed\"} 1"))
        }
    }

    @Test func aChangedCatalogueCountsAtOnceAndALowerOneNever() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            #expect(try await frontend.send(.get("/.well-known/est/new/cacerts")).status == 404)
            frontend.signer.changeCatalogue {
                $0.version = 5
                $0.labels.append(TestCatalogue.label("new"))
            }
            try await eventually { try await frontend.send(.get("/.well-known/est/new/cacerts")).status == 200 }
            frontend.signer.changeCatalogue {
                $0.version = 4
                $0.labels.removeLast()
            }
            let reports = frontend.signer.reportCount
            try await eventually { frontend.signer.reportCount > reports + 1 }
            #expect(try await frontend.send(.get("/.well-known/est/new/cacerts")).status == 200)
        }
    }

    @Test func aCatalogueOfAnotherKeyIsNotTaken() async throws {
        let authority = try TestAuthority()
        let catalogue = try TestCatalogue.make(authority)
        let signer = StandInSigner(authority: authority, catalogue: catalogue)
        try await TestFrontend.run(signer: signer) { frontend in
            try await frontend.ready()
            signer.signsWithAnotherKey()
            signer.changeCatalogue {
                $0.version = 9
                $0.labels.append(TestCatalogue.label("forged"))
            }
            let reports = signer.reportCount
            try await eventually { signer.reportCount > reports + 1 }
            #expect(try await frontend.send(.get("/.well-known/est/forged/cacerts")).status == 404)
            #expect(try await frontend.send(.get("/.well-known/est/cacerts")).status == 200)
        }
    }

    @Test func itStartsFromItsFolderWhileTheSignerIsAway() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let authority = try TestAuthority()
        let signer = StandInSigner(authority: authority, catalogue: try TestCatalogue.make(authority))
        try await TestFrontend.run(signer: signer, folder: folder) { frontend in
            try await frontend.ready()
            let mode =
                try FileManager.default.attributesOfItem(
                    atPath: folder.appending(path: "tls.key").path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        signer.set { $0.isUp = false }
        try await TestFrontend.run(signer: signer, folder: folder) { frontend in
            let request = TestHTTPRequest.enroll(try TestRequest.make("d.example.com"))
            #expect(try await frontend.send(.get("/.well-known/est/cacerts")).status == 200)
            #expect(try await frontend.send(request).status == 503)
            #expect(try await frontend.get("/readyz") == (503, "missing: no signer answers\n"))
            signer.set { $0.isUp = true }
            #expect(try await frontend.send(request).status == 200)
        }
        #expect(signer.nodeCertificatesIssued == 1)
    }

    @Test func itRenewsItsCertificateForNewConnectionsWithoutARestart() async throws {
        let authority = try TestAuthority()
        let signer = StandInSigner(authority: authority, catalogue: try TestCatalogue.make(authority))
        // With a third left, after about four seconds, it is due.
        signer.set { $0.nodeCertificateValidity = 6 }
        try await TestFrontend.run(signer: signer, change: { $0.certificateCheckInterval = .milliseconds(100) }) {
            frontend in
            let connection = try await frontend.connect()
            #expect(try await connection.perform(.get("/.well-known/est/fullcmc")).status != 0)
            signer.set { $0.nodeCertificateValidity = 86_400 }
            #expect(signer.nodeCertificatesIssued == 1)
            try await eventually { signer.nodeCertificatesIssued >= 2 }
            // Old connections go on, new ones get the new certificate, also after the old one's end.
            try await eventually {
                frontend.signer.lastReport?.certificateNotAfter ?? 0 > Int64(Date.now.timeIntervalSince1970) + 80_000
            }
            #expect(try await connection.perform(.get("/.well-known/est/cacerts")).status == 200)
            #expect(try await frontend.send(.get("/.well-known/est/cacerts")).status == 200)
            #expect(signer.nodeCertificatesIssued == 2)
        }
    }

    @Test func aCertificateThatIsDueAtOnceIsNotRenewedWithoutAPause() async throws {
        let authority = try TestAuthority()
        let signer = StandInSigner(authority: authority, catalogue: try TestCatalogue.make(authority))
        signer.set { $0.nodeCertificateAge = 86_400 }
        signer.set { $0.nodeCertificateValidity = 600 }
        try await TestFrontend.run(signer: signer, change: { $0.certificateCheckInterval = .seconds(3_600) }) {
            frontend in
            try await frontend.ready()
            let reports = signer.reportCount
            try await eventually { signer.reportCount > reports + 1 }
            #expect(signer.nodeCertificatesIssued == 1)
        }
    }

    @Test func itServesAlsoWhereItsCertificateCantBeKept() async throws {
        try await TestFrontend.run(change: { $0.tlsCertificatePath = "/nowhere/tls-chain.pem" }) { frontend in
            try await frontend.ready()
            #expect(try await frontend.send(.get("/.well-known/est/cacerts")).status == 200)
            #expect(frontend.signer.nodeCertificatesIssued == 1)
        }
    }

    @Test func aKeptChainThatTLSCantReadIsNone() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let authority = try TestAuthority()
        let signer = StandInSigner(authority: authority, catalogue: try TestCatalogue.make(authority))
        try await TestFrontend.run(signer: signer, folder: folder) { try await $0.ready() }
        let path = folder.appending(path: "tls-chain.pem")
        let garbage = PEMDocument(type: "CERTIFICATE", derBytes: [0x30, 0x03, 0x02, 0x01, 0x00]).pemString
        try (String(contentsOf: path, encoding: .utf8) + garbage + "\n").write(
            to: path, atomically: true, encoding: .utf8)
        try await TestFrontend.run(signer: signer, folder: folder) { frontend in
            try await frontend.ready()
            #expect(try await frontend.send(.get("/.well-known/est/cacerts")).status == 200)
        }
        #expect(signer.nodeCertificatesIssued == 2)
    }

    @Test(arguments: [ServiceError.Code.malformedMessage, .unsupportedVersion, .messageTooLarge])
    func whatNeverReachedTheSignerIsRecordedHere(code: ServiceError.Code) async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            frontend.signer.set { $0.enrollmentError = ServiceError(code, "Not sent.") }
            let response = try await frontend.send(.enroll(try TestRequest.make("d.example.com")))
            #expect(response.status == (code == .messageTooLarge ? 413 : 503))
            try await eventually { frontend.auditor.denials.map(\.reason) == [code.rawValue] }
        }
    }

    @Test func tooManyEnrollmentsAre503AndCacertsIsNotBehindThem() async throws {
        let auditor = try await TestFrontend.run(change: {
            $0.limits.enrollmentsRunning = 2
            $0.limits.enrollmentsWaiting = 1
            $0.limits.enrollmentPatience = .seconds(60)
        }) { frontend in
            try await frontend.ready()
            frontend.signer.set { $0.holdsEnrollments = true }
            let request = TestHTTPRequest.enroll(try TestRequest.make("d.example.com"))
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await frontend.send(request).status }
                }
                var statuses: [Int] = []
                for _ in 0..<5 { statuses.append(try await group.next() ?? 0) }
                #expect(statuses == [503, 503, 503, 503, 503])
                #expect(try await frontend.send(.get("/.well-known/est/cacerts")).status == 200)
                #expect(try await frontend.send(.get("/.well-known/est/csrattrs")).status == 200)
                frontend.signer.set { $0.holdsEnrollments = false }
                for try await status in group { #expect(status == 200) }
            }
            #expect(try await frontend.send(request).status == 200)
            return frontend.auditor
        }
        // One event of all of them, at the latest when the process ends.
        let sheds = auditor.events.filter { $0.reason?.hasPrefix("overloaded") == true }
        #expect(sheds.allSatisfy { $0.type == .coalesced && $0.label == "default" && $0.reason == "overloaded-pool" })
        #expect(sheds.compactMap(\.count).reduce(0, +) == 5)
    }

    @Test func whatFindsNoPlaceIsRefusedByItsHeadAlone() async throws {
        try await TestFrontend.run(change: {
            $0.limits.enrollmentsRunning = 1
            $0.limits.enrollmentsWaiting = 0
        }) { frontend in
            try await frontend.ready()
            frontend.signer.set { $0.holdsEnrollments = true }
            async let held = frontend.send(.enroll(try TestRequest.make("d.example.com")))
            try await eventually { frontend.signer.received.count == 1 }
            var unreadable = TestHTTPRequest.enroll(try TestRequest.make("d.example.com"))
            unreadable.body = "no base64 !"
            // Nothing of it is looked at: not the body, not the credential. And the connection goes on.
            let connection = try await frontend.connect()
            let shed = try await connection.perform(unreadable)
            #expect(shed.status == 503 && shed.header("retry-after") != nil)
            #expect(try await connection.perform(.get("/.well-known/est/cacerts")).status == 200)
            frontend.signer.set { $0.holdsEnrollments = false }
            #expect(try await held.status == 200)
            #expect(try await connection.perform(unreadable).status == 400)
        }
    }

    @Test func oneLabelCantTakeAllPlaces() async throws {
        try await TestFrontend.run(catalogue: { $0.labels[0].maximumConcurrentEnrollments = 1 }) { frontend in
            try await frontend.ready()
            frontend.signer.set { $0.holdsEnrollments = true }
            let request = try TestRequest.make("d.example.com")
            async let held = frontend.send(.enroll(request))
            try await eventually { frontend.signer.received.count == 1 }
            let shed = try await frontend.send(.enroll(request))
            #expect(shed.status == 503)
            #expect(shed.header("retry-after") != nil)
            frontend.signer.set { $0.holdsEnrollments = false }
            #expect(try await held.status == 200)
        }
    }

    @Test func manyClientsAtOnceEachGetTheirOwnAnswer() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            try await withThrowingTaskGroup { group in
                for index in 0..<100 {
                    group.addTask {
                        let key = try TestKey.p256.make()
                        let response = try await frontend.send(
                            .enroll(try TestRequest.make("d\(index).example.com", key: key)))
                        #expect(response.status == 200)
                        #expect(try response.certificate().publicKey == key.publicKey)
                    }
                }
                try await group.waitForAll()
            }
            #expect(frontend.signer.received.count == 100)
            #expect(Set(frontend.signer.received.map(\.requestID)).count == 100)
        }
    }

    @Test func itEndsInGoodOrder() async throws {
        let auditor = try await TestFrontend.run { frontend in
            try await frontend.ready()
            frontend.signer.set { $0.holdsEnrollments = true }
            let request = TestHTTPRequest.enroll(try TestRequest.make("d.example.com"))
            let idle = try await frontend.connect()
            async let inFlight = frontend.send(request)
            try await eventually { frontend.signer.received.count == 1 }
            await frontend.shutDown()
            try await eventually { try await frontend.get("/readyz").1.contains("shutting down") }
            let refused = try await idle.perform(request)
            #expect(refused.status == 503)
            #expect(refused.header("connection") == "close")
            #expect(refused.header("retry-after") != nil)
            frontend.signer.set { $0.holdsEnrollments = false }
            let last = try await inFlight
            #expect(last.status == 200)
            #expect(last.header("connection") == "close")
            return frontend.auditor
        }
        #expect(auditor.events.first?.type == .started)
        #expect(auditor.events.last?.type == .stopped)
        #expect(auditor.events.map(\.sequence) == Array(1...Int64(auditor.events.count)))
        #expect(Set(auditor.events.map(\.source)) == ["frontend-1"])
    }

    @Test func eventsWaitForTheAuditor() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            frontend.auditor.setUp(false)
            let forbidden = TestHTTPRequest.enroll(try TestRequest.make("d.forbidden.net"))
            for _ in 0..<3 { #expect(try await frontend.send(forbidden).status == 403) }
            try await eventually { frontend.signer.lastReport?.eventBacklog ?? 0 >= 3 }
            frontend.auditor.setUp(true)
            try await eventually { frontend.auditor.denials.count == 3 }
            try await eventually { frontend.signer.lastReport?.eventBacklog == 0 }
        }
    }

    @Test(arguments: [[], ["http/1.0"], ["http/1.1"], ["http/1.0", "http/1.1"], ["h2", "http/1.1"], ["h2"]])
    func everyOfferOfProtocolsIsServed(protocols: [String]) async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            var options = TestConnection.Options()
            options.protocols = protocols
            #expect(try await frontend.send(.get("/.well-known/est/cacerts"), options).status == 200)
        }
    }

    @Test(arguments: [TLSVersion.tlsv1, .tlsv11])
    func oldVersionsOfTLSAreRefused(version: TLSVersion) async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            await #expect(throws: (any Error).self) { _ = try await frontend.connect(.only(version)) }
        }
    }

    @Test func aListenerMayBeLimitedToTLS12() async throws {
        try await TestFrontend.run(change: { $0.maximumTLSVersion = .tls12 }) { frontend in
            try await frontend.ready()
            #expect(try await frontend.connect().security?.bindingKind == .tlsUnique)
            await #expect(throws: (any Error).self) { _ = try await frontend.connect(.only(.tlsv13)) }
        }
    }

    @Test func handshakesThatNeverEndDoNotKeepOthersOutForEver() async throws {
        try await TestFrontend.run(change: {
            $0.limits.handshakes = 2
            $0.limits.handshakeTimeout = .seconds(3)
        }) { frontend in
            try await frontend.ready()
            var silent: [TestConnection] = []
            for _ in 0..<4 { silent.append(try await TestConnection.plain(port: frontend.port)) }
            #expect(try await frontend.send(.get("/.well-known/est/cacerts")).status == 200)
            for connection in silent { await connection.close() }
        }
    }
}

extension TestResponse {
    /// The one certificate in the answer.
    func certificate() throws -> Certificate {
        let chain = try CertsOnlyMessage.decode(Base64Body.decode(body))
        try #require(chain.count == 1)
        return try Certificate(derEncoded: chain[0])
    }
}
