internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import TestTLSClient
internal import Testing
internal import X509

@testable internal import Frontend

/// Certificates of manufacturers at the frontend: what is judged here, and what is left to the signer.
@Suite struct ManufacturerVerdictTests {
    private let maker: TestAuthority
    private let key: Certificate.PrivateKey

    init() throws {
        maker = try TestAuthority(name: "Maker")
        key = try TestKey.p256.make()
    }

    private func device(_ name: String, _ leaf: TestAuthority.Leaf = .init()) throws -> TestConnection.Options {
        try .init(certificate: [try maker.issue(name, key: key.publicKey, leaf)], key: key)
    }

    private func trust(_ catalogue: inout Catalogue) throws {
        catalogue.manufacturers = [
            ManufacturerDescription(
                name: "maker", anchors: [try maker.root.der], intermediates: [try maker.issuing.der])
        ]
        for index in catalogue.labels.indices {
            catalogue.labels[index].manufacturers = ["maker"]
            catalogue.labels[index].manufacturerNames = [
                ManufacturerNameRule(source: "CN", commonNames: ["{CN}.example.com"], dns: ["{CN}.example.com"])
            ]
        }
    }

    private func withFrontend(_ body: (TestFrontend) async throws -> Void) async throws {
        let authority = try TestAuthority()
        var catalogue = try TestCatalogue.make(authority)
        try trust(&catalogue)
        try await TestFrontend.run(signer: StandInSigner(authority: authority, catalogue: catalogue)) { frontend in
            try await frontend.ready()
            try await body(frontend)
        }
    }

    @Test func theRuleOfNamesCountsHereOnlyWithoutASecret() async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect(try device("a1"))
            let own = try TestRequest.make("a1.example.com")
            let other = try TestRequest.make("a2.example.com")
            #expect(try await connection.perform(.enroll(own, secret: nil)).status == 200)
            let refused = try await connection.perform(.enroll(other, secret: nil))
            #expect(refused.status == 403)
            #expect(frontend.signer.received.count == 1)
            // Whether the certificate counts beside a secret depends on what the signer alone knows.
            #expect(try await connection.perform(.enroll(other)).status == 200)
            #expect(frontend.signer.received.count == 2)
        }
    }

    @Test func oneConnectionIsJudgedOnEachOfItsLabels() async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect(try device("a1"))
            let own = try TestRequest.make("a1.example.com")
            for label in ["strict", "both", "strict", "default", "both"] {
                let answer = try await connection.perform(
                    .enroll(own, label: label, secret: label == "both" ? "right-secret" : nil))
                #expect(answer.status == 200)
            }
        }
    }

    @Test func oneThatHasEndedIsRefusedAndTheEventNamesIt() async throws {
        try await withFrontend { frontend in
            let late = try device("a1", .init(notAfter: .now.addingTimeInterval(-60)))
            let own = try TestRequest.make("a1.example.com")
            #expect(try await frontend.send(.enroll(own, label: "strict", secret: nil), late).status == 403)
            try await eventually { frontend.auditor.denials.count == 1 }
            let denial = frontend.auditor.denials[0]
            let fingerprint = try #require(denial.fingerprint)
            #expect(denial.principal == "manufacturer:maker:\(fingerprint)")
            #expect(denial.reason == "certificate-outside-validity")
        }
    }

    @Test func whereNoPlaceIsFreeTheClientIsToldToComeAgain() async throws {
        let authority = try TestAuthority()
        var catalogue = try TestCatalogue.make(authority)
        try trust(&catalogue)
        let certificate = try ClientCertificate(
            chain: [try maker.issue("a1", key: key.publicKey).der].map { Array($0) })
        let stranger = try ClientCertificate(
            chain: [try TestAuthority(name: "Other").issue("a1", key: key.publicKey).der].map { Array($0) })
        let trust = try catalogue.manufacturers.map {
            try ManufacturerTrust(name: $0.name, anchors: $0.anchors, intermediates: $0.intermediates)
        }
        let judgements = PathJudgements(maximumRunning: 0, maximumWaiting: 0)
        await #expect(throws: ServiceError(.overloaded, "")) {
            try await judgements.judge(certificate, of: trust, excluding: [], label: "default", now: 0)
        }
        // What no name leads to costs nothing, and needs no place.
        let judgement = try await judgements.judge(stranger, of: trust, excluding: [], label: "default", now: 0)
        guard case .untrusted = judgement else {
            Issue.record("\(judgement)")
            return
        }
    }
}
