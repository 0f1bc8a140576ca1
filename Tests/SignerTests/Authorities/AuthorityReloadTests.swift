internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import Testing
internal import X509

@testable internal import Signer

/// `estuary reload` takes up authorities that were added, renewed or taken out.
@Suite struct AuthorityReloadTests {
    private func reload(_ signer: SignerFixture, _ authorities: [IssuingAuthority]) async throws -> ReloadReply {
        var desk = signer.administration
        desk.loadAuthorities = { authorities }
        let context = CallContext(
            peer: PeerIdentity(name: "operator:0", role: .operator), deadline: .now + .seconds(60))
        return try await CallContext.$current.withValue(context) { [desk] in try await desk.reload(ReloadRequest()) }
    }

    private func write(_ policy: String, _ signer: SignerFixture) throws {
        try policy.write(toFile: "\(signer.directory)/policy.yaml", atomically: true, encoding: .utf8)
    }

    private func another(_ name: String) throws -> IssuingAuthority {
        let made = try AuthorityCeremony(organization: "Test", authority: name).perform()
        return try IssuingAuthority(name: name, certificate: made.issuing, parents: [made.root], key: made.issuingKey)
    }

    @Test func devicesMoveToANewAuthorityWithoutARestart() async throws {
        let signer = try SignerFixture()
        let device = Device("pump-1")
        let first = try await signer.enroll(device, secret: try await signer.secret().secret)
        #expect(first.issuer == signer.authority.certificate.subject)

        let second = try another("devices-2")
        try write(
            SamplePolicy.text.replacing(
                "    authority: devices\n", with: "    authority: devices-2\n    predecessors: [devices]\n"), signer)
        // The policy alone names what is not there.
        #expect(await code { try await reload(signer, [signer.authority]) } == .invalidArgument)
        #expect(try await reload(signer, [signer.authority, second]).changed)
        #expect(try await !reload(signer, [signer.authority, second]).changed)
        let applied = try signer.events().filter { $0.type == .configurationApplied }
        #expect(applied.last?.remarks == [signer.authority.remark, second.remark])

        let renewed = try signer.certificate(
            try await signer.enroll(device.request(operation: .simpleReenroll, certificate: first)))
        #expect(renewed.issuer == second.certificate.subject)
        let catalogue = try #require(signer.publisher.catalogue).signed.verified(by: signer.publisher.publicKey)
        #expect(catalogue.authorities.map(\.name) == ["devices", "devices-2"])
        #expect(catalogue.nodeAuthority?.name == "devices-2")

        // What has renewed is waited for no longer.
        let waiting = try await signer.asOperator {
            try await $0.listDevices(ListDevicesRequest(authority: "devices"))
        }
        #expect(waiting.items.isEmpty)
        let moved = try await signer.asOperator {
            try await $0.listDevices(ListDevicesRequest(authority: "devices-2"))
        }
        #expect(moved.items.count == 1)

        // The old one can be taken out as soon as no label names it.
        #expect(await code { try await reload(signer, [second]) } == .invalidArgument)
        try write(
            SamplePolicy.text.replacing("    authority: devices\n", with: "    authority: devices-2\n"), signer)
        #expect(try await reload(signer, [second]).changed)
        #expect(Array(signer.core.authorities.keys) == ["devices-2"])
    }

    @Test func aNameStandsForOneKeyForEver() async throws {
        let signer = try SignerFixture()
        let impostor = try another("devices")
        let refused = await code { try await reload(signer, [impostor]) }
        #expect(refused == .invalidArgument)
        #expect(signer.core.authorities["devices"]?.keySHA256 == signer.authority.keySHA256)
        #expect(try signer.events().last?.type == .configurationRefused)
    }
}
