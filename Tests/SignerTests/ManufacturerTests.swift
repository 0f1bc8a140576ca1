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

/// Manufacturers' certificates at the signer: revocation lists, names, and devices that were revoked.
@Suite struct ManufacturerTests {
    private let maker: TestManufacturer
    private let folder: String

    init() throws {
        maker = try TestManufacturer("Acme")
        folder = NSTemporaryDirectory() + "estuary-maker-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try maker.root.pem.write(toFile: "\(folder)/root.pem", atomically: true, encoding: .utf8)
        try maker.issuing.pem.write(toFile: "\(folder)/issuing.pem", atomically: true, encoding: .utf8)
    }

    private func write(_ list: Data) throws {
        try list.write(to: URL(fileURLWithPath: "\(folder)/acme.crl"), options: .atomic)
    }

    private func policy(lists: String = "", label: String = "") -> String {
        SamplePolicy.text + """
              - name: factory
                authority: devices
                profile: device
                authentication: [certificate, secret]
                manufacturers: [acme]
                manufacturer-names:
                  - from: serialNumber
                    common-name: ["{serialNumber}"]
                    dns: ["{serialNumber}.example.com"]
            \(label)
            manufacturers:
              - name: acme
                anchors: [\(folder)/root.pem]
                intermediates: [\(folder)/issuing.pem]
            \(lists)
            """
    }

    private var lists: String { "    crls: [\(folder)/acme.crl]" }

    private func made(_ number: String) throws -> (device: Device, certificate: Certificate) {
        let device = Device(number)
        return (device, try maker.issue(.init(serialNumber: number), key: device.key.publicKey))
    }

    private func enroll(
        _ signer: SignerFixture, _ device: Device, _ certificate: Certificate, secret: Secret? = nil
    ) async throws -> Certificate {
        try signer.certificate(
            try await signer.enroll(device.request(label: "factory", secret: secret, certificate: certificate)))
    }

    /// The same certificate with the other value that its ECDSA signature has: s becomes n − s.
    private func rewritingSignature(of certificate: Certificate) throws -> Certificate {
        guard case .constructed(let nodes) = try DER.parse(certificate.derEncoded()).content else {
            throw ServiceError(.unexpected, "no certificate")
        }
        let parts = Array(nodes)
        let bits = try ASN1BitString(derEncoded: parts[2])
        let signature = try P256.Signing.ECDSASignature(derRepresentation: bits.bytes).rawRepresentation
        let order: [UInt8] =
            [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0] + Array(repeating: 0xff, count: 8) + [
                0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
            ]
        var other = [UInt8](repeating: 0, count: 32)
        var borrow = 0
        for index in (0..<32).reversed() {
            let difference = Int(order[index]) - Int(signature[signature.startIndex + 32 + index]) - borrow
            borrow = difference < 0 ? 1 : 0
            other[index] = UInt8(difference + 256 * borrow)
        }
        let rewritten = try P256.Signing.ECDSASignature(rawRepresentation: signature.prefix(32) + other)
        return try Certificate(
            derEncoded: TestRequest.sequence([
                Array(parts[0].encodedBytes), Array(parts[1].encodedBytes),
                TestRequest.element(0x03, [0] + rewritten.derRepresentation),
            ]))
    }

    @Test func theDeviceIsKnownByItsManufacturerCertificate() async throws {
        let signer = try SignerFixture(policy: policy())
        let (device, certificate) = try made("AC1")
        let first = try await enroll(signer, device, certificate)
        // Again: the same certificate. With a new key: another, of the same device.
        #expect(try await enroll(signer, device, certificate) == first)
        let second = try await enroll(signer, Device("AC1"), certificate)
        #expect(second != first)
        let devices = try await signer.asOperator { try await $0.listDevices(ListDevicesRequest()) }.items
        #expect(devices.map(\.certificates) == [2])
        let event = try #require(try signer.events().first { $0.type == .issued })
        #expect(event.authentication == .manufacturer)
        let fingerprint = SHA256.hash(data: try certificate.derEncoded()).hexadecimal
        #expect(event.principal == "manufacturer:acme:\(fingerprint)")
        // No other device of the maker takes the name, and no secret.
        let secret = try await signer.secret(label: "factory").secret
        #expect(await code { try await signer.enroll(Device("AC1"), secret: secret, label: "factory") } == .nameHeld)
    }

    @Test func namesAreThoseOfTheRuleWhateverTheFrontendSaid() async throws {
        let signer = try SignerFixture(policy: policy())
        let (device, certificate) = try made("AC1")
        var other = device
        other.name = "AC2"
        #expect(await code { try await enroll(signer, other, certificate) } == .profileViolation)
        other = device
        other.alternativeNames = [.dnsName("ac2.example.com")]
        #expect(await code { try await enroll(signer, other, certificate) } == .profileViolation)
        other.alternativeNames = [.dnsName("AC1.example.com")]
        #expect(await code { try await enroll(signer, other, certificate) } == nil)
        #expect(
            await code {
                try await signer.enroll(
                    device.request(label: "factory", operation: .simpleReenroll, certificate: certificate))
            } == .certificateUntrusted)
    }

    @Test func aRevokedDeviceDoesNotComeBackWithItsManufacturerCertificate() async throws {
        let signer = try SignerFixture(policy: policy())
        let (device, certificate) = try made("AC1")
        let first = try await enroll(signer, device, certificate)
        _ = try await signer.asOperator {
            try await $0.revokeCertificate(
                RevokeCertificateRequest(
                    serial: Data(first.serialNumber.bytes).hexadecimal, reason: .unspecified, only: false))
        }
        #expect(await code { try await enroll(signer, Device("AC1"), certificate) } == .certificateRevoked)
        // The maker certifies the key anew, or the signature is written in another way: still the same device.
        let again = try maker.issue(.init(serialNumber: "AC1"), key: device.key.publicKey)
        let rewritten = try rewritingSignature(of: certificate)
        #expect(try rewritten.derEncoded() != certificate.derEncoded())
        for certificate in [again, rewritten] {
            #expect(await code { try await enroll(signer, Device("AC1"), certificate) } == .certificateRevoked)
            let denial = try #require(try signer.events().last { $0.type == .denied })
            #expect(denial.fingerprint == SHA256.hash(data: try certificate.derEncoded()).hexadecimal)
        }
        let secret = try await signer.secret(label: "factory").secret
        #expect(
            await code { try await enroll(signer, Device("AC1"), certificate, secret: secret) } == .certificateRevoked)
        _ = try await signer.asOperator { try await $0.releaseName(ReleaseNameRequest(name: "AC1")) }
        #expect(await code { try await enroll(signer, Device("AC1"), certificate) } == nil)
    }

    @Test func theListOfTheManufacturerCounts() async throws {
        let (device, certificate) = try made("AC1")
        try write(try maker.revocationList(of: [certificate]))
        let signer = try SignerFixture(policy: policy(lists: lists))
        #expect(await code { try await enroll(signer, device, certificate) } == .certificateRevoked)
        let event = try #require(try signer.events().last { $0.type == .denied })
        let fingerprint = SHA256.hash(data: try certificate.derEncoded()).hexadecimal
        #expect(event.principal == "manufacturer:acme:\(fingerprint)")
        #expect(event.fingerprint == fingerprint)
        let secret = try await signer.secret(label: "factory").secret
        #expect(await code { try await enroll(signer, device, certificate, secret: secret) } == .certificateRevoked)
        // Read again when it changes, in PEM too.
        let der = try maker.revocationList(of: [try made("AC2").certificate])
        let pem = PEMDocument(type: "X509 CRL", derBytes: Array(der)).pemString
        try write(Data(pem.utf8))
        #expect(await code { try await enroll(signer, device, certificate) } == nil)
        // Of what can't be read the one before stays.
        try write(Data("half a file".utf8))
        let (other, sound) = try made("AC3")
        #expect(await code { try await enroll(signer, other, sound) } == nil)
    }

    @Test func aListOfAnotherKeyOrNoListIsNone() async throws {
        let (device, certificate) = try made("AC1")
        try write(try maker.revocationList(of: [], signedBy: P256.Signing.PrivateKey()))
        let signer = try SignerFixture(policy: policy(lists: lists))
        #expect(await code { try await enroll(signer, device, certificate) } == .credentialRequired)
        try write(try TestManufacturer("Other").revocationList(of: []))
        #expect(await code { try await enroll(signer, device, certificate) } == .credentialRequired)
        // The label takes secrets too: so a client without one is told that, and the event says the rest.
        let event = try #require(try signer.events().last { $0.type == .denied })
        let fingerprint = SHA256.hash(data: try certificate.derEncoded()).hexadecimal
        #expect(event.reason == "certificate-untrusted")
        #expect(event.principal == "manufacturer:acme:\(fingerprint)")
        #expect(event.fingerprint == fingerprint)
        let strict = try SignerFixture(
            policy: policy(lists: lists).replacing("[certificate, secret]\n    manuf", with: "[certificate]\n    manuf")
        )
        #expect(await code { try await enroll(strict, device, certificate) } == .certificateUntrusted)
        #expect(try strict.events().last?.principal == event.principal)
        unlink("\(folder)/acme.crl")
        let fresh = try SignerFixture(policy: policy(lists: lists))
        #expect(await code { try await enroll(fresh, device, certificate) } == .credentialRequired)
        // Untrusted, it is as if absent beside a good secret.
        let secret = try await fresh.secret(label: "factory").secret
        let issued = try await enroll(fresh, device, certificate, secret: secret)
        #expect(issued.publicKey == device.key.publicKey)
        #expect(try fresh.events().last { $0.type == .issued }?.authentication == .secret)
    }

    @Test func anOldListIsRefusedOrAcceptedAsThePolicySays() async throws {
        let (device, certificate) = try made("AC1")
        try write(try maker.revocationList(of: []))
        let refusing = try SignerFixture(policy: policy(lists: lists))
        let accepting = try SignerFixture(policy: policy(lists: lists + "\n    crl-stale: accept"))
        let impatient = try SignerFixture(policy: policy(lists: lists + "\n    crl-maximum-age: 1h"))
        #expect(await code { try await enroll(refusing, device, certificate) } == nil)
        impatient.advance(by: 2 * 3600)
        #expect(await code { try await enroll(impatient, device, certificate) } == .credentialRequired)
        refusing.advance(by: 2 * 86400)
        accepting.advance(by: 2 * 86400)
        let (other, second) = try made("AC2")
        #expect(await code { try await enroll(refusing, other, second) } == .credentialRequired)
        #expect(await code { try await enroll(accepting, other, second) } == nil)
        #expect(try accepting.events().last?.remarks?.contains { $0.contains("out of date") } == true)
    }

    @Test func aReloadRefusesAListThatIsNone() async throws {
        let signer = try SignerFixture(policy: policy())
        try Data("nothing".utf8).write(to: URL(fileURLWithPath: "\(folder)/acme.crl"))
        try policy(lists: lists).write(toFile: "\(signer.directory)/policy.yaml", atomically: true, encoding: .utf8)
        #expect(await code { try await signer.asOperator { try await $0.reload(ReloadRequest()) } } == .invalidArgument)
        try write(try maker.revocationList(of: []))
        #expect(await code { try await signer.asOperator { try await $0.reload(ReloadRequest()) } } == nil)
    }

    @Test func theCatalogueHasTheManufacturersAndTheirRules() async throws {
        let signer = try SignerFixture(policy: policy())
        try await signer.publisher.publish(signer.core.policy)
        let signed = try #require(signer.publisher.catalogue).signed
        let catalogue = try signed.verified(by: signer.publisher.publicKey)
        let described = try #require(catalogue.manufacturer("acme"))
        #expect(described.anchors == [Data(try maker.root.derEncoded())])
        #expect(described.intermediates == [Data(try maker.issuing.derEncoded())])
        #expect(catalogue.label("factory")?.manufacturerNames.map(\.source) == ["serialNumber"])
    }

    @Test(arguments: [
        ("intermediates: [", "intermediatez: [", "intermediatez"),
        ("manufacturers: [acme]", "manufacturers: [acmee]", "there are: acme"),
        (
            "authentication: [certificate, secret]\n    manufacturers", "authentication: [secret]\n    manufacturers",
            "certificate"
        ),
        ("- from: serialNumber", "- from: shoeSize", "shoeSize"),
        ("common-name: [\"{serialNumber}\"]", "common-name: [\"fixed\"]", "every device's name"),
        ("/root.pem]", "/missing.pem]", "missing.pem"),
        ("/root.pem]", "/root.pem]\n    crl-stale: accept", "crls"),
    ])
    func whatIsWrongIsSaid(_ old: String, _ new: String, expected: String) throws {
        let text = policy()
        #expect(text.contains(old))
        let path = "\(folder)/policy.yaml"
        try text.replacing(old, with: new).write(toFile: path, atomically: true, encoding: .utf8)
        let error = try #require(throws: ConfigurationError.self) {
            try PolicyFile(path: path, authorities: ["devices"]).load()
        }
        #expect(error.description.contains(expected), "\(error)")
    }

    @Test func noRuleIsRefusedAndSoIsADevicesCertificateForAnAnchor() throws {
        func load(_ text: String) throws {
            let path = "\(folder)/policy.yaml"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            _ = try PolicyFile(path: path, authorities: ["devices"]).load()
        }
        let rules = try #require(policy().firstRange(of: "    manufacturer-names:\n"))
        let end = try #require(policy().firstRange(of: "\nmanufacturers:"))
        let without = policy().replacingCharacters(in: rules.lowerBound..<end.lowerBound, with: "")
        let error = try #require(throws: ConfigurationError.self) { try load(without) }
        #expect(error.description.contains("manufacturer-names"), "\(error)")
        try made("AC1").certificate.pem.write(toFile: "\(folder)/device.pem", atomically: true, encoding: .utf8)
        let device = policy().replacing("/root.pem", with: "/device.pem")
        #expect(try #require(throws: ConfigurationError.self) { try load(device) }.description.contains("not a CA"))
    }
}
