internal import DurableFiles
internal import Foundation
internal import Testing
internal import X509

@testable internal import Device

/// A device's files after every interruption that can be.
@Suite struct CredentialFilesTests {
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("device-\(UUID().uuidString)").path
        let files: CredentialFiles

        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            files = CredentialFiles(key: "\(path)/key.pem", certificate: "\(path)/certificate.pem")
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }

        var names: [String] {
            get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
        }

        func mode(_ name: String) throws -> Int {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
            return try #require(attributes[.posixPermissions] as? Int)
        }

        func write(_ name: String, _ text: String) throws {
            try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
        }

        func read(_ name: String) throws -> String {
            try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
        }
    }

    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority("Root")
    }

    @Test("A first enrollment leaves key and certificate, for the user alone") func first() throws {
        let folder = try Folder()
        #expect(try folder.files.load() == nil)
        let key = try folder.files.keyForEnrollment(.p256, insists: false)
        #expect(try folder.names == ["key.pem.new"])
        let leaf = try authority.issue("a", key: key)
        try folder.files.install([leaf, authority.certificate], key: key)
        #expect(try folder.names == ["certificate.pem", "key.pem"])
        #expect(try folder.mode("key.pem") == 0o600 && folder.mode("certificate.pem") == 0o600)
        let loaded = try #require(try folder.files.load())
        #expect(loaded.chain == [leaf, authority.certificate] && loaded.key.publicKey == key.publicKey)
    }

    @Test("An interrupted enrollment goes on with the same key, unless another kind is wanted") func sameKey() throws {
        let folder = try Folder()
        let key = try folder.files.keyForEnrollment(.p256, insists: false)
        #expect(try folder.files.keyForEnrollment(.p384, insists: false).publicKey == key.publicKey)
        #expect(try folder.files.keyForEnrollment(.p256, insists: true).publicKey == key.publicKey)
        #expect(try folder.files.keyForEnrollment(.p384, insists: true).kind == .p384)
    }

    @Test("A key that the device brings is used, and never replaced by another kind") func ownKey() throws {
        let folder = try Folder()
        let own = try DeviceKey.generate(.ed25519)
        try folder.write("key.pem", own.pem)
        #expect(try folder.files.keyForEnrollment(.p256, insists: false).publicKey == own.publicKey)
        #expect(throws: DeviceError(.invalidInput, "")) { try folder.files.keyForEnrollment(.p256, insists: true) }
        try folder.files.install([authority.issue("a", key: own)], key: own)
        #expect(try folder.read("key.pem") == own.pem)
    }

    /// The steps of a renewal with a new key, and what is on the disk after each.
    enum Interruption: CaseIterable {
        case beforeAnything, keyMade, certificateWritten, keyRenamed, done
    }

    @Test("Key and certificate belong together after every interruption of a renewal", arguments: Interruption.allCases)
    func interrupted(_ point: Interruption) throws {
        let folder = try Folder()
        let files = folder.files
        let (old, new) = (try DeviceKey.generate(.p256), try DeviceKey.generate(.p256))
        let (before, after) = (try authority.issue("a", key: old), try authority.issue("a", key: new))
        try files.install([before], key: old)
        if point != .beforeAnything { try folder.write("key.pem.new", new.pem) }
        switch point {
        case .beforeAnything, .keyMade: break
        case .certificateWritten: try folder.write("certificate.pem.new", after.pem)
        case .keyRenamed:
            try folder.write("certificate.pem.new", after.pem)
            try DurableFile.move(files.newKey, to: files.key)
        case .done: try files.install([after], key: new)
        }
        // What was written half has another name.
        try folder.write("key.pem.new.1234.tmp", "-----BEGIN PRIV")
        let isReceived = ![.beforeAnything, .keyMade].contains(point)
        let loaded = try #require(try files.load())
        #expect(loaded.key.publicKey == loaded.chain[0].publicKey)
        #expect(loaded.chain == [isReceived ? after : before])
        #expect(try !files.recover())
        // The key that a server may have a certificate for is not lost.
        if point == .keyMade {
            #expect(try files.keyForReplacement(.p256, insists: false).publicKey == new.publicKey)
        }
    }

    @Test("A renewal with the same key leaves a key that was begun alone") func begunKeyStays() throws {
        let folder = try Folder()
        let key = try folder.files.keyForEnrollment(.p256, insists: false)
        try folder.files.install([authority.issue("a", key: key)], key: key)
        let begun = try folder.files.keyForReplacement(.p256, insists: false)
        try folder.files.install([authority.issue("a", key: key)], key: key)
        #expect(try folder.files.load()?.key.publicKey == key.publicKey)
        #expect(try folder.files.keyForReplacement(.p256, insists: false).publicKey == begun.publicKey)
    }

    @Test("A key that came from the server is written before its certificate") func serverKey() throws {
        let folder = try Folder()
        let key = try DeviceKey.generate(.rsa2048)
        try folder.files.install([authority.issue("a", key: key)], key: key)
        #expect(try folder.files.load()?.key.publicKey == key.publicKey)
        #expect(try folder.names == ["certificate.pem", "key.pem"])
    }

    @Test("Files that don't belong together, or can't be read, are errors that name them") func unusable() throws {
        let folder = try Folder()
        let (one, other) = (try DeviceKey.generate(.p256), try DeviceKey.generate(.p256))
        let leaf = try authority.issue("a", key: one)
        try folder.write("key.pem", other.pem)
        try folder.write("certificate.pem", leaf.pem)
        let mismatch = #expect(throws: DeviceError.self) { try folder.files.load() }
        #expect(mismatch?.code == .invalidInput && mismatch?.message.contains("key.pem") == true)
        // A certificate that came for a key which is gone is not put in place of one that works.
        try folder.write("key.pem", one.pem)
        try folder.write("certificate.pem.new", authority.issue("a", key: other).pem)
        #expect(throws: DeviceError(.invalidInput, "")) { try folder.files.load() }
        #expect(try folder.read("certificate.pem") == leaf.pem)

        for text in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", try one.pem] {
            try folder.write("x.pem", text)
            #expect(throws: DeviceError(.invalidInput, "")) { try PEMFile.certificates("\(folder.path)/x.pem") }
        }
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"
        for text in ["", try leaf.pem, try one.pem + other.pem, encrypted] {
            try folder.write("x.pem", text)
            #expect(throws: DeviceError(.invalidInput, "")) { try PEMFile.key("\(folder.path)/x.pem") }
        }
        #expect(throws: DeviceError(.invalidInput, "")) { try PEMFile.key("\(folder.path)/missing.pem") }
    }

    @Test("Text around PEM does not disturb, nor parameters before a key") func aroundPEM() throws {
        let folder = try Folder()
        let key = try DeviceKey.generate(.p256)
        try folder.write(
            "x.pem",
            "subject=CN = a\n\n\(authority.certificate.pem)\n# a remark\r\n-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
                + "-----END EC PARAMETERS-----\n\(key.pem)")
        #expect(try PEMFile.certificates("\(folder.path)/x.pem") == [authority.certificate])
        #expect(try PEMFile.key("\(folder.path)/x.pem").publicKey == key.publicKey)
    }

    @Test("A chain is put together by signatures, whatever came along, and ends before the root") func chains() throws {
        let middle = try TestAuthority("Middle", issuer: authority)
        let last = try TestAuthority("Last", issuer: middle)
        let leaf = try last.issue("leaf", key: DeviceKey.generate(.p256))
        // The same name with another key signed nothing.
        let impostor = try TestAuthority("Last", issuer: authority)
        let others = [authority, impostor, middle, last].map(\.certificate) + [leaf]
        #expect(
            CertificateChain.intermediates(of: leaf, among: others) == [last.certificate, middle.certificate])
        #expect(CertificateChain.intermediates(of: leaf, among: [impostor.certificate]).isEmpty)
        #expect(CertificateChain.intermediates(of: authority.certificate, among: others).isEmpty)
    }
}
