internal import ClusterProtocol
internal import Foundation
internal import PKI
internal import TestTLSClient
internal import Testing

@testable internal import Frontend

/// What a frontend serves and shows while a root rolls over.
@Suite struct RollOverTests {
    @Test func cacertsHasWhatTheCatalogueAddsRootsLast() async throws {
        let authority = try TestAuthority()
        let signer = StandInSigner(authority: authority, catalogue: try TestCatalogue.make(authority))
        let (cross, additional) = (try TestAuthority().issuing.der, try TestAuthority().issuing.der)
        let chain = try authority.chain
        signer.changeCatalogue {
            $0.authorities[0].crossCertificates = [cross]
            $0.authorities[0].additionalCertificates = [additional]
        }
        try await TestFrontend.run(signer: signer) { frontend in
            let body = try await frontend.send(.get("/.well-known/est/cacerts")).body
            #expect(
                try CertsOnlyMessage.decode(Base64Body.decode(body)).map { Data($0) }
                    == chain.dropLast() + [cross, additional] + chain.suffix(1))
        }
    }

    /// The signer gives the chain that it wants; where that is not the catalogue's, asking once is enough.
    @Test func anotherChainInTheCatalogueHasTheCertificateRenewedOnce() async throws {
        let authority = try TestAuthority()
        let signer = StandInSigner(authority: authority, catalogue: try TestCatalogue.make(authority))
        let cross = try TestAuthority().issuing.der
        try await TestFrontend.run(signer: signer, change: { $0.certificateCheckInterval = .milliseconds(50) }) {
            frontend in
            try await frontend.ready()
            #expect(signer.nodeCertificatesIssued == 1)
            signer.changeCatalogue {
                $0.version += 1
                $0.authorities[0].crossCertificates = [cross]
            }
            try await eventually { signer.nodeCertificatesIssued == 2 }
            let reports = signer.reportCount
            try await eventually { signer.reportCount > reports + 1 }
            #expect(signer.nodeCertificatesIssued == 2)
        }
    }

    /// A frontend that was updated has kept the catalogue of a signer that knew of no roll-over.
    @Test func aCatalogueWithoutThemIsRead() throws {
        let authority = try TestAuthority()
        let description = AuthorityDescription(name: "devices", chain: try authority.chain)
        let encoded = try JSONEncoder().encode(["name": "devices"])
        var fields = try #require(try JSONSerialization.jsonObject(with: encoded) as? [String: Any])
        fields["chain"] = try authority.chain.map { $0.base64EncodedString() }
        let read = try JSONDecoder().decode(
            AuthorityDescription.self, from: JSONSerialization.data(withJSONObject: fields))
        #expect(read == description && !read.isRollingOver)
    }
}
