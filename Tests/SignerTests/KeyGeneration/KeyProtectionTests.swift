internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import GRDB
internal import PKI
internal import SwiftASN1
internal import TestRequests
internal import Testing
internal import X509

@testable internal import Signer

/// Encrypted keys: named keys, the device's own certificates, and nobody else's (RFC 7030 §4.4.1).
@Suite struct KeyProtectionTests {
    private func signer() throws -> SignerFixture { try SignerFixture(policy: ServerKeyPolicy.text) }

    private func named(_ device: String, key: String, _ list: [[UInt8]]? = nil) -> KeylessDevice {
        KeylessDevice(
            name: device,
            attributes: [
                TestRequest.decryptKeyIdentifier(key.utf8),
                list.map(TestRequest.capabilities) ?? KeylessDevice.capabilities,
            ])
    }

    private func addressed(_ device: String, to certificate: Certificate, _ list: [[UInt8]]? = nil) throws
        -> KeylessDevice
    {
        KeylessDevice(
            name: device,
            attributes: [
                TestRequest.asymmetricDecryptKeyIdentifier(
                    try #require(try certificate.extensions.subjectKeyIdentifier).keyIdentifier),
                list.map(TestRequest.capabilities) ?? KeylessDevice.capabilities,
            ])
    }

    // MARK: Named keys

    @Test func namedKeyOpensTheMessage() async throws {
        let signer = try signer()
        let key = try await signer.namedKey("pump key")
        let list = [TestRequest.aes256CBC, TestRequest.aes256Wrap]
        let secret = try await signer.secret(label: "encrypted").secret
        let (certificate, message) = try await signer.enroll(
            named("kek-1", key: "pump key", list).request(label: "encrypted", secret: secret)
        ).enveloped()
        let opened = try await KeyOpening.open(
            message, ["-secretkey", key.hexadecimal, "-secretkeyid", Data("pump key".utf8).hexadecimal],
            trusting: try signer.root)
        #expect(opened.key.publicKey == certificate.publicKey)
        #expect(opened.structure.contains("id-aes256-wrap"))
        #expect(opened.structure.contains("aes-256-cbc"))
        #expect(opened.structure.contains("contentType: pkcs7-signedData"))
        // Signed by the party that made the key: neither the CA nor the device.
        #expect(opened.signer.subject.description == "CN=signer key generation")
        let record = try signer.core.ledger.read {
            try CertificateTable.find($0, authority: "devices", serial: Data(opened.signer.serialNumber.bytes))
        }
        #expect(record != nil && record?.device == nil)
        #expect(try signer.events().contains { $0.type == .nodeCertificateIssued && $0.node == "signer" })
        let issued = try #require(try signer.events().last { $0.type == .issued })
        #expect(issued.remarks?.contains("The key was encrypted with the named key «pump key».") == true)
    }

    @Test func broughtKeyWithBinaryNameWorks() async throws {
        let signer = try signer()
        let key = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) })
        let added = try await signer.asOperator {
            try await $0.addKeyEncryptionKey(AddKeyEncryptionKeyRequest(name: "hex:00fF", key: SecretBytes(key)))
        }
        #expect(added.key == nil && added.description.name == "hex:00ff")
        let device = KeylessDevice(
            name: "kek-2", attributes: [TestRequest.decryptKeyIdentifier([0, 0xff]), KeylessDevice.capabilities])
        let secret = try await signer.secret(label: "keygen").secret
        let (certificate, message) = try await signer.enroll(device.request(secret: secret)).enveloped()
        let opened = try await KeyOpening.open(
            message, ["-secretkey", key.hexadecimal, "-secretkeyid", "00ff"], trusting: try signer.root)
        #expect(opened.key.publicKey == certificate.publicKey)
    }

    @Test func unknownAndForeignNamesAreRefusedAlike() async throws {
        let signer = try signer()
        _ = try await signer.namedKey("other label", label: "encrypted")
        _ = try await signer.namedKey("other device", names: ["kek-9"])
        _ = try await signer.namedKey("own", label: "keygen", names: ["kek-3"])
        let secret = try await signer.secret(label: "keygen", uses: 9)
        var messages: Set<String> = []
        for name in ["nothing", "other label", "other device"] {
            do {
                _ = try await signer.enroll(named("kek-3", key: name).request(secret: secret.secret))
                Issue.record("\(name) was taken")
            } catch let error as ServiceError {
                #expect(error.code == .decryptionKeyUnknown)
                messages.insert(error.message)
            }
        }
        #expect(messages.count == 1)
        #expect(try signer.secretRecord(secret.description.id).used == 0)
        _ = try await signer.enroll(named("kek-3", key: "own").request(secret: secret.secret)).enveloped()
    }

    @Test func algorithmsAreTheRequests() async throws {
        let signer = try signer()
        _ = try await signer.namedKey("k")
        let secret = try await signer.secret(label: "keygen", uses: 9).secret
        for list in [
            [TestRequest.aes256CBC], [TestRequest.algorithm("2.16.840.1.101.3.4.1.2"), TestRequest.aes256Wrap],
            [TestRequest.algorithm("1.2.3.4")],
        ] {
            #expect(
                await code { try await signer.enroll(named("kek-4", key: "k", list).request(secret: secret)) }
                    == .keyEncryptionUnsupported)
        }
        let without = KeylessDevice(name: "kek-4", attributes: [TestRequest.decryptKeyIdentifier("k".utf8)])
        #expect(await code { try await signer.enroll(without.request(secret: secret)) } == .malformedRequest)
    }

    @Test func administrationOfNamedKeys() async throws {
        let signer = try signer()
        let key = try await signer.namedKey("b")
        _ = try await signer.namedKey("a", label: "keygen", names: ["kek-1", "dns:x.example.com"])
        #expect(key.count == 32)
        let list = try await signer.asOperator { try await $0.listKeyEncryptionKeys(ListKeyEncryptionKeysRequest()) }
        #expect(list.items.map(\.name) == ["a", "b"])
        #expect(list.items[0].label == "keygen" && list.items[0].names == ["kek-1", "dns:x.example.com"])
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(signer.directory)/kek-wrapping.key")
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        for request in [
            AddKeyEncryptionKeyRequest(name: "b"), AddKeyEncryptionKeyRequest(name: ""),
            AddKeyEncryptionKeyRequest(name: "hex:0"), AddKeyEncryptionKeyRequest(name: "a\nb"),
            AddKeyEncryptionKeyRequest(name: String(repeating: "x", count: 65)),
            AddKeyEncryptionKeyRequest(name: "c", label: "nowhere"), AddKeyEncryptionKeyRequest(name: "c", names: []),
            AddKeyEncryptionKeyRequest(name: "c", key: SecretBytes(Data(count: 16))),
        ] {
            #expect(
                await code { try await signer.asOperator { try await $0.addKeyEncryptionKey(request) } }
                    == .invalidArgument, "\(request.name)")
        }
        _ = try await signer.asOperator {
            try await $0.removeKeyEncryptionKey(RemoveKeyEncryptionKeyRequest(name: "hex:62"))
        }
        #expect(
            await code {
                try await signer.asOperator {
                    try await $0.removeKeyEncryptionKey(RemoveKeyEncryptionKeyRequest(name: "b"))
                }
            } == .notFound)
        let events = try signer.events().filter {
            $0.type == .keyEncryptionKeyAdded || $0.type == .keyEncryptionKeyRemoved
        }
        #expect(events.map(\.principal) == ["kek:b", "kek:a", "kek:b"])
        #expect(events.allSatisfy { $0.operator == "operator:0" })
        // The key is in the ledger wrapped only, and in no event.
        for file in ["ledger.sqlite", "ledger.sqlite-wal"] {
            let contents = try Data(contentsOf: URL(fileURLWithPath: "\(signer.directory)/\(file)"))
            for needle in PlainKeySearch.needles(key) { #expect(contents.firstRange(of: needle) == nil) }
        }
    }

    @Test func wrappedKeyIsBoundToItsFileAndItsEntry() throws {
        let folder = NSTemporaryDirectory() + "estuary-kek-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let key = Data((0..<32).map { UInt8($0) })
        let bytes = key.withUnsafeBytes { SensitiveBytes([$0]) }
        var record = KeyEncryptionKeyRecord(
            identifier: Data("k".utf8), label: "a", names: nil, wrapped: Data(), createdAt: 0)
        let first = KeyWrapping(path: "\(folder)/1")
        record.wrapped = try first.wrap(bytes, context: record.context)
        #expect(try KeyWrapping(path: "\(folder)/1").unwrap(record).withUnsafeBytes { Data($0) } == key)
        var moved = record
        moved.label = nil
        #expect(throws: KeyStoreError.self) { try first.unwrap(moved) }
        #expect(throws: KeyStoreError.self) { try KeyWrapping(path: "\(folder)/2").unwrap(record) }
        _ = try KeyWrapping(path: "\(folder)/2").wrap(bytes, context: Data())
        #expect(throws: KeyStoreError.self) { try KeyWrapping(path: "\(folder)/2").unwrap(record) }
        chmod("\(folder)/1", 0o644)
        #expect(throws: KeyStoreError.self) { try KeyWrapping(path: "\(folder)/1").unwrap(record) }
    }

    // MARK: Certificates

    private func holder(_ name: String, _ key: Certificate.PrivateKey, _ signer: SignerFixture) async throws
        -> Certificate
    {
        try await signer.enroll(
            Device(name, key: key), secret: try await signer.secret(label: "recipients").secret, label: "recipients")
    }

    @Test func ellipticCurveCertificateOpensTheMessage() async throws {
        let signer = try signer()
        let key = P256.Signing.PrivateKey()
        let holder = try await holder("ec-1", .init(key), signer)
        let (certificate, message) = try await signer.enroll(
            addressed("ec-1", to: holder).request(certificate: holder)
        ).enveloped()
        let opened = try await KeyOpening.open(
            message, ["-inkey", "key.pem", "-recip", "own.pem"],
            files: [
                "key.pem": Data(key.pemRepresentation.utf8),
                "own.pem": Data(try holder.serializeAsPEM().pemString.utf8),
            ], trusting: try signer.root)
        #expect(opened.key.publicKey == certificate.publicKey)
        #expect(opened.structure.contains("dhSinglePass-stdDH-sha256kdf-scheme"))
        #expect(opened.structure.contains("d.rKeyId"))
    }

    static let transports: [([[UInt8]], String)] = [
        ([TestRequest.rsaEncryption], "algorithm: rsaEncryption"),
        ([TestRequest.rsaEncryption, TestRequest.oaepSHA256], "algorithm: rsaesOaep"),
        (
            [TestRequest.algorithm("1.2.840.113549.1.1.7", [0x30, 0x00]), TestRequest.aes256CBC], "algorithm: rsaesOaep"
        ),
    ]

    @Test(arguments: transports.indices) func rsaCertificateOpensTheMessage(_ index: Int) async throws {
        let (list, algorithm) = Self.transports[index]
        let signer = try signer()
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let holder = try await holder("rsa-1", .init(key), signer)
        let (certificate, message) = try await signer.enroll(
            addressed("rsa-1", to: holder, list).request(certificate: holder)
        ).enveloped()
        let opened = try await KeyOpening.open(
            message, ["-inkey", "key.pem", "-recip", "own.pem"],
            files: [
                "key.pem": Data(key.pemRepresentation.utf8),
                "own.pem": Data(try holder.serializeAsPEM().pemString.utf8),
            ], trusting: try signer.root)
        #expect(opened.key.publicKey == certificate.publicKey)
        #expect(opened.structure.contains(algorithm), "\(opened.structure)")
        #expect(opened.structure.contains("d.subjectKeyIdentifier"))
    }

    @Test func onlyTheDevicesOwnValidCertificatesForEncryptionCount() async throws {
        let signer = try signer()
        let own = try await holder("own-1", .init(P256.Signing.PrivateKey()), signer)
        let foreign = try await holder("foreign-1", .init(P256.Signing.PrivateKey()), signer)
        let authority = signer.authority.certificate
        for recipient in [foreign, authority] {
            #expect(
                await code {
                    try await signer.enroll(addressed("own-1", to: recipient).request(certificate: own))
                } == .decryptionKeyUnknown)
        }
        // For signatures only.
        let signing = try await signer.enroll(
            Device("own-1").request(label: "default", certificate: own))
        let signingOnly = try signer.certificate(signing)
        #expect(
            await code {
                try await signer.enroll(addressed("own-1", to: signingOnly).request(certificate: own))
            } == .decryptionKeyUnknown)
        // Another one of the same device is fine, until it is revoked.
        let request = try addressed("own-1", to: own)
        _ = try await signer.enroll(request.request(certificate: signingOnly)).enveloped()
        _ = try await signer.asOperator {
            try await $0.revokeCertificate(
                RevokeCertificateRequest(
                    serial: Array(own.serialNumber.bytes).hexadecimal, reason: .unspecified, only: true))
        }
        // Also where the same message was sent before.
        #expect(
            await code { try await signer.enroll(request.request(certificate: signingOnly)) } == .decryptionKeyUnknown)
    }

    @Test func secretOfADeviceReachesItsCertificates() async throws {
        let signer = try signer()
        let holder = try await holder("again-1", .init(P256.Signing.PrivateKey()), signer)
        signer.advance(by: 10)
        let secret = try await signer.secret(label: "keygen", names: ["again-1"]).secret
        _ = try await signer.enroll(addressed("again-1", to: holder).request(secret: secret)).enveloped()
        // A secret that may not have the name gets nothing to that certificate.
        let shared = try await signer.secret(label: "keygen", uses: 3).secret
        #expect(
            await code { try await signer.enroll(addressed("again-1", to: holder).request(secret: shared)) }
                == .nameHeld)
        #expect(
            await code { try await signer.enroll(addressed("again-2", to: holder).request(secret: shared)) }
                == .decryptionKeyUnknown)
    }

    // MARK: Exactly once

    @Test func lostEncryptedKeyIsSentAgain() async throws {
        let signer = try signer()
        _ = try await signer.namedKey("k")
        for uses in [1, 5] {
            let secret = try await signer.secret(label: "keygen", uses: uses, lifetime: 30 * 86400)
            let device = named("again-\(uses)", key: "k")
            let first = try await signer.enroll(device.request(secret: secret.secret)).enveloped()
            signer.advance(by: 60)
            let reply = try await signer.enroll(device.request(secret: secret.secret))
            let second = try reply.enveloped()
            #expect(first.0 == second.0 && first.1 == second.1)
            guard case .generated(_, _, replayed: true) = reply else {
                Issue.record("not a replay")
                continue
            }
            #expect(try signer.secretRecord(secret.description.id).used == 1)
        }
        #expect(try signer.events().count { $0.type == .replayed } == 2)
    }

    @Test func askedOtherwiseIsAnotherRequest() async throws {
        let signer = try signer()
        _ = try await signer.namedKey("k")
        let secret = try await signer.secret(label: "keygen", names: ["differs-1"], lifetime: 30 * 86400).secret
        _ = try await signer.enroll(named("differs-1", key: "k").request(secret: secret)).enveloped()
        // Spent: another request gets nothing, least of all the same key in clear.
        #expect(
            await code { try await signer.enroll(KeylessDevice(name: "differs-1").request(secret: secret)) }
                == .credentialRefused)
    }

    @Test func keyUnderAnotherNamedKeyOfThatNameIsAFreshOne() async throws {
        let signer = try signer()
        _ = try await signer.namedKey("k")
        let secret = try await signer.secret(label: "keygen", lifetime: 30 * 86400).secret
        let device = named("rekeyed-1", key: "k")
        let first = try await signer.enroll(device.request(secret: secret)).enveloped()
        _ = try await signer.asOperator {
            try await $0.removeKeyEncryptionKey(RemoveKeyEncryptionKeyRequest(name: "k"))
        }
        #expect(await code { try await signer.enroll(device.request(secret: secret)) } == .decryptionKeyUnknown)
        let key = try await signer.namedKey("k")
        let second = try await signer.enroll(device.request(secret: secret)).enveloped()
        #expect(first.0.serialNumber != second.0.serialNumber)
        let opened = try await KeyOpening.open(
            second.1, ["-secretkey", key.hexadecimal, "-secretkeyid", "6b"], trusting: try signer.root)
        #expect(opened.key.publicKey == second.0.publicKey)
    }

    @Test func encryptedKeysArePrunedWithTheirWindow() async throws {
        let signer = try signer()
        _ = try await signer.namedKey("k")
        let secret = try await signer.secret(label: "keygen", uses: 5, lifetime: 86400).secret
        _ = try await signer.enroll(named("pruned-1", key: "k").request(secret: secret)).enveloped()
        func count() throws -> Int? {
            try signer.core.ledger.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM delivered_key") }
        }
        #expect(try count() == 1)
        signer.advance(by: 46 * 86400)
        try await LedgerHousekeeping(core: signer.core).sweep()
        #expect(try count() == 0)
    }
}
