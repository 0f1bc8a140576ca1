internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import Testing
internal import X509

@testable internal import Signer

@Suite struct KeyStoreTests {
    private let directory: String

    init() throws {
        directory = NSTemporaryDirectory() + "estuary-keys-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    private func write(_ text: String, mode: mode_t = 0o600) throws -> String {
        let path = "\(directory)/\(UUID().uuidString)"
        try NewFile.write(text, path: path, mode: mode)
        return path
    }

    @Test(arguments: ["p256", "p384", "ed25519"])
    func anEncryptedKeyComesBackUnderItsPassphraseOnly(_ kind: String) throws {
        let key: Certificate.PrivateKey =
            switch kind {
            case "p256": .init(P256.Signing.PrivateKey())
            case "p384": .init(P384.Signing.PrivateKey())
            default: .init(Curve25519.Signing.PrivateKey())
            }
        let pem = try EncryptedPrivateKey.encrypt(pkcs8: key.serializeAsPEM().derBytes, passphrase: "open sesame")
        #expect(pem.hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----"))
        let path = try write(pem)
        #expect(try PrivateKeyFile.load(path: path, passphrase: "open sesame").publicKey == key.publicKey)
        #expect(throws: KeyStoreError.self) { try PrivateKeyFile.load(path: path, passphrase: "wrong") }
        #expect(throws: KeyStoreError.self) { try PrivateKeyFile.load(path: path, passphrase: nil) }
    }

    @Test func aKeyThatOthersCanReadIsRefusedWithTheCommandThatMendsIt() throws {
        let path = try write(
            try Certificate.PrivateKey(P256.Signing.PrivateKey()).serializeAsPEM().pemString, mode: 0o640)
        let error = try #require(throws: KeyStoreError.self) { try PrivateKeyFile.load(path: path, passphrase: nil) }
        #expect(error.message.contains("chmod 600 \(path)"))
    }

    @Test func errorsHoldNothingOfTheFile() throws {
        let path = try write("-----BEGIN PRIVATE KEY-----\nc2VjcmV0IGJ5dGVz\n-----END PRIVATE KEY-----\n")
        let error = try #require(throws: KeyStoreError.self) { try PrivateKeyFile.load(path: path, passphrase: nil) }
        #expect(!error.message.contains("c2VjcmV0") && !error.message.contains("secret bytes"))
    }

    @Test func theCatalogueKeyComesBack() throws {
        let key = Curve25519.Signing.PrivateKey()
        let path = try write(try CatalogueKeyFile.pem(key))
        #expect(try CatalogueKeyFile.load(path: path).rawRepresentation == key.rawRepresentation)
    }

    @Test func nothingIsOverwritten() throws {
        let path = try write("first")
        #expect(throws: KeyStoreError.self) { try NewFile.write("second", path: path, mode: 0o600) }
        #expect(FileManager.default.contents(atPath: path) == Data("first".utf8))
    }

    @Test func anExpiredAuthorityIsRefused() throws {
        let ceremony = try AuthorityCeremony(organization: "Test", authority: "devices").perform()
        let files = SignerConfiguration.AuthorityFiles(
            name: "devices", certificate: try write(try ceremony.issuing.serializeAsPEM().pemString),
            chain: try write(try ceremony.root.serializeAsPEM().pemString),
            key: try write(try ceremony.issuingKey.serializeAsPEM().pemString), additional: "\(directory)/none")
        _ = try AuthorityLoader.load(files)
        let error = try #require(throws: KeyStoreError.self) {
            try AuthorityLoader.load(files, at: Date().addingTimeInterval(11 * 366 * 86400))
        }
        #expect(error.message.contains("expired"))
    }

    @Test func anotherKeyThanTheCertificatesIsRefused() throws {
        let ceremony = try AuthorityCeremony(organization: "Test", authority: "devices").perform()
        #expect(throws: KeyStoreError.self) {
            try IssuingAuthority(
                name: "devices", certificate: ceremony.issuing, parents: [ceremony.root], key: ceremony.rootKey)
        }
    }
}

@Suite struct SerialNumberTests {
    @Test func numbersArePositiveSixteenBytesAndGrowAlsoWhenTheClockGoesBack() {
        let source = SerialNumberSource()
        let now = Date()
        var numbers: [[UInt8]] = []
        for index in 0..<2000 {
            numbers.append(Array(source.next(at: now.addingTimeInterval(index < 1000 ? 0 : -3600))))
        }
        #expect(numbers.allSatisfy { $0.count == 16 && (1...0x7f).contains($0[0]) })
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0.prefix(8).lexicographicallyPrecedes($1.prefix(8)) })
        #expect(Set(numbers.map { Array($0.suffix(8)) }).count == 2000)
    }
}
