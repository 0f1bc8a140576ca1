internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import Testing
internal import X509

@testable internal import PKI

@Suite struct RevocationListOutlineTests {
    private static let key = P256.Signing.PrivateKey()

    private func authority(_ name: String = "Issuing", key: P256.Signing.PrivateKey = key) throws -> Certificate {
        let name = try DistinguishedName { CommonName(name) }
        return try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: .now.addingTimeInterval(-3600), notValidAfter: .now.addingTimeInterval(86_400),
            issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            },
            issuerPrivateKey: .init(key))
    }

    private func list(
        _ authority: Certificate, number: Int64 = 300, entries: Int = 2, thisUpdate: Int64 = 1_763_900_000
    ) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(authority)
        let list = RevocationList(
            issuer: try RevocationListIssuer(certificate: serializer.serializedBytes, keyIdentifier: [1, 2, 3]),
            signatureAlgorithm: .ecdsaWithSHA256, number: number, thisUpdate: thisUpdate,
            nextUpdate: thisUpdate + 86_400)
        var revoked = RevocationListEntries()
        for index in 0..<entries {
            let serial = withUnsafeBytes(of: UInt64(index + 1).bigEndian) { Array($0) }
            revoked.append(serial: serial, revokedAt: thisUpdate, reason: .keyCompromise)
        }
        let contents = list.toBeSigned(revoked)
        return list.encode(
            toBeSigned: contents, signature: Array(try Self.key.signature(for: contents).derRepresentation))
    }

    @Test(arguments: [0, 1, 2, 20_000])
    func itsPartsAreFoundHoweverManyEntriesThereAre(entries: Int) throws {
        let authority = try authority()
        let outline = try RevocationListOutline(derEncoded: list(authority, entries: entries))
        #expect(outline.number == 300)
        #expect(outline.thisUpdate == 1_763_900_000)
        #expect(outline.nextUpdate == 1_763_986_400)
        #expect(outline.issuer == authority.subject)
        #expect(outline.isIssued(by: authority))
    }

    @Test(arguments: [951_782_400, 2_524_607_999, 2_524_608_000, 4_102_444_800] as [Int64])
    func eachTimeIsReadAsItWasWritten(time: Int64) throws {
        #expect(try RevocationListOutline(derEncoded: list(authority(), thisUpdate: time)).thisUpdate == time)
    }

    @Test(arguments: [0, 127, 128, 65_536, .max] as [Int64])
    func eachNumberIsReadAsItWasWritten(number: Int64) throws {
        #expect(try RevocationListOutline(derEncoded: list(authority(), number: number)).number == number)
    }

    @Test func anotherNameOrKeyIsNotTheIssuer() throws {
        let outline = try RevocationListOutline(derEncoded: list(authority()))
        #expect(!outline.isIssued(by: try authority("Other")))
        #expect(!outline.isIssued(by: try authority(key: P256.Signing.PrivateKey())))
    }

    @Test func aChangedByteIsNoticed() throws {
        let authority = try authority()
        let bytes = try list(authority)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x41
            if let outline = try? RevocationListOutline(derEncoded: changed) {
                #expect(!outline.isIssued(by: authority), "byte \(index)")
            }
        }
    }

    @Test func whatIsCutOffOrTooLongIsRefused() throws {
        let bytes = try list(authority())
        for count in 0..<bytes.count {
            #expect(throws: RevocationListOutline.Unreadable.self) {
                try RevocationListOutline(derEncoded: Array(bytes.prefix(count)))
            }
        }
        #expect(throws: RevocationListOutline.Unreadable.self) { try RevocationListOutline(derEncoded: bytes + [0]) }
    }

    @Test(
        arguments: [
            [0x30, 0x80, 0x00, 0x00], [0x30, 0x85, 1, 1, 1, 1, 1], [0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            [0x1f, 0x81, 0x00],
            [0x30, 0x81, 0x01, 0x00], [0x30, 0x82, 0x00, 0x80],
        ] as [[UInt8]])
    func lengthsThatAreNoneAreRefused(bytes: [UInt8]) {
        #expect(throws: RevocationListOutline.Unreadable.self) { try RevocationListOutline(derEncoded: bytes) }
    }
}
