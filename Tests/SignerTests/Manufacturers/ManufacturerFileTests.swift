internal import ClusterProtocol
internal import ClusterTransport
internal import ConfigurationFile
internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TestManufacturers
internal import TestRequests
internal import Testing
internal import X509

@testable internal import Signer

/// Manufacturers' files, of lists and of certificates, at a signer.
@Suite struct ManufacturerFileTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "estuary-maker-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func write(_ text: String, _ name: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    private func policy(_ maker: TestManufacturer, lists: Bool = false) throws -> String {
        try write(maker.root.pem, "root.pem")
        // A whole chain, as makers give it.
        try write(maker.issuing.pem + maker.root.pem, "chain.pem")
        return SamplePolicy.text + """
              - name: factory
                authority: devices
                profile: device
                authentication: [certificate]
                manufacturers: [acme]
                manufacturer-names:
                  - from: serialNumber
                    common-name: ["{serialNumber}"]
            manufacturers:
              - name: acme
                anchors: [\(folder)/root.pem]
                intermediates: [\(folder)/chain.pem]
            \(lists ? "    crls: [\(folder)/acme.crl]" : "")
            """
    }

    private func load(_ maker: TestManufacturer) throws -> Policy {
        try write(policy(maker), "policy.yaml")
        return try PolicyFile(path: "\(folder)/policy.yaml", authorities: ["devices"]).load()
    }

    /// The file has the issuing CA's list and the root's, which revokes the issuing CA.
    @Test(arguments: [false, true]) func aDamagedFileLeavesItsListsInForce(_ rootFirst: Bool) async throws {
        let maker = try TestManufacturer("Acme")
        let lists = try [maker.revocationList(of: []), maker.revocationList(of: [maker.issuing], byRoot: true)].map {
            PEMDocument(type: "X509 CRL", derBytes: Array($0)).pemString + "\n"
        }
        let (first, second) = rootFirst ? (lists[1], lists[0]) : (lists[0], lists[1])
        try write(first + second, "acme.crl")
        let signer = try SignerFixture(policy: policy(maker, lists: true))
        let device = Device("AC1")
        let certificate = try maker.issue(.init(serialNumber: "AC1"), key: device.key.publicKey)
        func enroll() async -> ServiceError.Code? {
            await code {
                try await signer.enroll(device.request(label: "factory", certificate: certificate))
            }
        }
        #expect(await enroll() == .certificateRevoked)
        for damaged in [first + second.dropLast(60), first + "-----BEGIN", String(first.dropLast(60)) + "\n" + second] {
            try write(damaged, "acme.crl")
            #expect(await enroll() == .certificateRevoked)
            #expect(
                await code { try await signer.asOperator { try await $0.reload(ReloadRequest()) } } == .invalidArgument)
        }
        // Without the root's list nothing is known of the issuing CA.
        try write(lists[0], "acme.crl")
        #expect(await enroll() == nil)
    }

    @Test func authoritiesThatNoPathGoesThroughAreRefused() throws {
        let authority = try Certificate.Extension(
            BasicConstraints.isCertificateAuthority(maxPathLength: nil), critical: true)
        for (extensions, expected) in [
            ([authority, try .init(KeyUsage(cRLSign: true), critical: true)], "keyCertSign"),
            ([authority, try .init(ExtendedKeyUsage([.serverAuth]), critical: false)], "clientAuth"),
        ] {
            let maker = try TestManufacturer("Acme", issuingExtensions: .init(extensions))
            let error = try #require(throws: ConfigurationError.self) { try load(maker) }
            #expect(error.description.contains(expected), "\(error)")
            #expect(error.description.contains("Acme Issuing CA"), "\(error)")
        }
        let usages = try ExtendedKeyUsage([.clientAuth])
        let maker = try TestManufacturer(
            "Acme", issuingExtensions: .init([authority, .init(usages, critical: false)]))
        #expect(try load(maker).manufacturers.first?.trust.intermediates == [maker.issuing])
    }

    @Test func anIntermediateOfVersion1IsRefusedAndAnAnchorIsNot() throws {
        let maker = try TestManufacturer("Acme")
        let key = P256.Signing.PrivateKey()
        func versionOne(_ name: String) throws -> Certificate {
            try Certificate(
                version: .v1, serialNumber: .init(), publicKey: .init(key.publicKey),
                notValidBefore: .now.addingTimeInterval(-60), notValidAfter: .now.addingTimeInterval(3_600),
                issuer: maker.root.subject, subject: try DistinguishedName { CommonName(name) }, extensions: .init(),
                issuerPrivateKey: .init(maker.rootKey))
        }
        let text = try policy(maker)
        try write(text, "policy.yaml")
        let file = PolicyFile(path: "\(folder)/policy.yaml", authorities: ["devices"])
        try write(versionOne("Old Root").pem, "root.pem")
        #expect(try file.load().manufacturers.count == 1)
        try write(versionOne("Old Issuing").pem, "chain.pem")
        let error = try #require(throws: ConfigurationError.self) { try file.load() }
        #expect(error.description.contains("version 1") && error.description.contains("Old Issuing"), "\(error)")
    }

    @Test func anExpiredAuthorityIsToldOf() throws {
        let policy = try load(try TestManufacturer("Acme", notAfter: .now.addingTimeInterval(3_600)))
        let now = Int64(Date.now.timeIntervalSince1970)
        #expect(policy.lateAuthorities(at: now).isEmpty)
        let late = policy.lateAuthorities(at: now + 7_200)
        #expect(late.map(\.manufacturer) == ["acme", "acme"])
        #expect(late.map(\.subject).contains { $0.contains("Acme Issuing CA") })
    }
}
