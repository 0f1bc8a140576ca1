internal import ClusterProtocol
internal import Foundation
internal import TestTLSClient
internal import Testing
internal import X509

@testable internal import Frontend

/// Who may ask for what with which credential (design §6).
@Suite struct ClientCertificateTests {
    private func client(
        _ authority: TestAuthority, _ name: String = "d.example.com", _ leaf: TestAuthority.Leaf = .init()
    ) throws -> TestConnection.Options {
        let key = try TestKey.p256.make()
        var leaf = leaf
        leaf.names = [.dnsName(name)]
        return try .init(certificate: [try authority.issue(name, key: key.publicKey, leaf)], key: key)
    }

    private func reenroll(_ name: String = "d.example.com", secret: String? = nil) throws -> TestHTTPRequest {
        .enroll(try TestRequest.make(name), operation: "simplereenroll", secret: secret)
    }

    @Test func aCertificateRenewsForItsOwnNamesOnly() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let connection = try await frontend.connect(try client(frontend.authority))
            #expect(try await connection.perform(try reenroll()).status == 200)
            let other = try await connection.perform(try reenroll("e.example.com"))
            #expect(other.status == 403)
            #expect(other.header("www-authenticate") == nil)
            try await eventually { frontend.auditor.denials.map(\.reason) == ["name-mismatch"] }
            let denial = frontend.auditor.denials[0]
            #expect(denial.authentication == .certificate)
            #expect(denial.principal?.hasPrefix("certificate:") == true)
        }
    }

    @Test func renewalNeedsACertificateAlsoWithAGoodSecret() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            for secret in [nil, "right-secret"] {
                let response = try await frontend.send(try reenroll(secret: secret))
                #expect(response.status == 403)
                #expect(response.header("www-authenticate") == nil)
            }
            let wrong = try await frontend.send(try reenroll(secret: "wrong"))
            #expect(wrong.status == 403)
            #expect(wrong.header("www-authenticate") == nil)
            #expect(frontend.signer.received.isEmpty && frontend.signer.authenticated.isEmpty)
        }
    }

    /// RFC 7030 §4.2.2: the certificate is the credential, and whatever else a client sends along plays no part.
    @Test(arguments: ["Basic dXNlcjo=", "Basic ###", "Bearer", "Bearer spent", "Bearer right-secret"])
    func theAuthorizationHeaderPlaysNoPartInARenewal(authorization: String) async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let connection = try await frontend.connect(try client(frontend.authority))
            let good = try await connection.perform(try reenroll().with("Authorization", authorization))
            #expect(good.status == 200)
            #expect(frontend.signer.received.last?.secret == nil)
            let other = try await connection.perform(
                try reenroll("e.example.com").with("Authorization", authorization))
            #expect(other.status == 403)
            #expect(other.text.contains("subject"))
            #expect(other.header("www-authenticate") == nil)
            #expect(frontend.signer.authenticated.isEmpty)
            try await eventually { frontend.auditor.denials.map(\.authentication) == [.certificate] }
        }
    }

    @Test func aCertificateLabelTakesNoSecretAndOffersNone() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let request = TestHTTPRequest.enroll(try TestRequest.make("d.example.com"), label: "strict")
            let without = try await frontend.send(request)
            #expect(without.status == 403)
            #expect(without.header("www-authenticate") == nil)
            #expect(try await frontend.send(request, try client(frontend.authority)).status == 200)
            #expect(frontend.signer.received.last?.secret == nil)
        }
    }

    enum Unacceptable: CaseIterable {
        case foreign, selfSigned, expired, notYetValid, wrongUsage

        func options(_ authority: TestAuthority) throws -> TestConnection.Options {
            let key = try TestKey.p256.make()
            var leaf = TestAuthority.Leaf(names: [.dnsName("d.example.com")])
            switch self {
            case .foreign:
                return try .init(
                    certificate: [try TestAuthority().issue("d.example.com", key: key.publicKey, leaf)], key: key)
            case .selfSigned:
                let name = try DistinguishedName { CommonName("d.example.com") }
                let certificate = try Certificate(
                    version: .v3, serialNumber: .init(), publicKey: key.publicKey,
                    notValidBefore: .now.addingTimeInterval(-60), notValidAfter: .now.addingTimeInterval(3_600),
                    issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256, extensions: .init(),
                    issuerPrivateKey: key)
                return try .init(certificate: [certificate], key: key)
            case .expired:
                leaf.notAfter = .now.addingTimeInterval(-60)
            case .notYetValid:
                leaf.notBefore = .now.addingTimeInterval(3_600)
            case .wrongUsage:
                leaf.usages = [.serverAuth]
            }
            return try .init(certificate: [try authority.issue("d.example.com", key: key.publicKey, leaf)], key: key)
        }
    }

    @Test(arguments: Unacceptable.allCases)
    func anUnacceptableCertificateIsNoneBesideASecretAndNoUseWithout(kind: Unacceptable) async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let options = try kind.options(frontend.authority)
            let request = try TestRequest.make("d.example.com")
            let connection = try await frontend.connect(options)
            #expect(try await connection.perform(.enroll(request)).status == 200)
            let without = try await connection.perform(.enroll(request, secret: nil))
            #expect(without.status == 401)
            // As without any certificate: the challenge alone, and no event.
            #expect(without.headers["www-authenticate"]?.count == 2)
            #expect(without.header("content-length") == "0" && without.header("content-type") == nil)
            let strict = try await connection.perform(.enroll(request, label: "strict"))
            #expect(strict.status == 403)
            #expect(strict.header("www-authenticate") == nil)
            #expect(try await connection.perform(try reenroll()).status == 403)
            #expect(frontend.signer.received.count == 1)
            // The signer judges it again, and knows whether it is revoked.
            #expect(frontend.signer.received[0].clientChain.count == 1)
            try await eventually { frontend.auditor.denials.count >= 2 }
            #expect(frontend.auditor.denials.map(\.label) == ["strict", "default"])
        }
    }

    @Test func aChainThatIsTooLongIsNoneAndGoesNoFurther() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            var options = try client(frontend.authority)
            options.chain += Array(repeating: try frontend.authority.issuing.der, count: 10)
            let connection = try await frontend.connect(options)
            let request = try TestRequest.make("d.example.com")
            #expect(try await connection.perform(.enroll(request)).status == 200)
            #expect(frontend.signer.received.map(\.clientChain) == [[]])
            #expect(try await connection.perform(try reenroll()).status == 403)
            options.chain.removeLast()
            #expect(try await frontend.send(try reenroll(), options).status == 200)
            #expect(frontend.signer.received.last?.clientChain.count == 10)
        }
    }

    @Test func aWrongSecretIs401BesideAGoodCertificate() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let options = try client(frontend.authority)
            let request = try TestRequest.make("d.example.com")
            #expect(try await frontend.send(.enroll(request, secret: "wrong"), options).status == 401)
            #expect(try await frontend.send(.enroll(request, secret: nil), options).status == 200)
        }
    }

    @Test func aLabelMayAskForBoth() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let options = try client(frontend.authority)
            let request = try TestRequest.make("d.example.com")
            #expect(try await frontend.send(.enroll(request, label: "both"), options).status == 200)
            #expect(try await frontend.send(.enroll(request, label: "both", secret: nil), options).status == 401)
            #expect(try await frontend.send(.enroll(request, label: "both")).status == 403)
            #expect(try await frontend.send(.enroll(request, label: "both", secret: "wrong")).status == 401)
            #expect(try await frontend.send(.enroll(request, label: "both", secret: nil)).status == 401)
        }
    }

    @Test func anExpiredCertificateRenewsWithinTheGracePeriodAndDoesNothingElse() async throws {
        try await TestFrontend.run(catalogue: { $0.labels[1].gracePeriod = 3_600 }) { frontend in
            try await frontend.ready()
            let expired = try client(
                frontend.authority, "d.example.com", .init(notAfter: .now.addingTimeInterval(-600)))
            let long = try client(
                frontend.authority, "d.example.com", .init(notAfter: .now.addingTimeInterval(-3_700)))
            let request = try TestRequest.make("d.example.com")
            func strict(_ operation: String) -> TestHTTPRequest {
                .enroll(request, label: "strict", operation: operation, secret: nil)
            }
            #expect(try await frontend.send(strict("simplereenroll"), expired).status == 200)
            #expect(try await frontend.send(strict("simpleenroll"), expired).status == 403)
            #expect(try await frontend.send(strict("simplereenroll"), long).status == 403)
            // Another label has no such period.
            #expect(try await frontend.send(try reenroll(), expired).status == 403)
        }
    }

    @Test func certificatesOfPredecessorsRenewWhereTheLabelSaysSo() async throws {
        let former = try TestAuthority(name: "Former")
        let chain = try former.chain
        try await TestFrontend.run(catalogue: {
            $0.authorities.append(AuthorityDescription(name: "former", chain: chain))
            $0.labels[1].predecessors = ["former"]
        }) { frontend in
            try await frontend.ready()
            let options = try client(former)
            #expect(try await frontend.send(try reenroll(), options).status == 403)
            let strict = TestHTTPRequest.enroll(
                try TestRequest.make("d.example.com"), label: "strict", operation: "simplereenroll", secret: nil)
            #expect(try await frontend.send(strict, options).status == 200)
        }
    }
}
