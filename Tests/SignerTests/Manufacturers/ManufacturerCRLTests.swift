internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import TestManufacturers
internal import TestRequests
internal import Testing
internal import X509

@testable internal import Signer

/// Manufacturers' revocation lists: what is read of a file, and what a list is verified for.
@Suite struct ManufacturerCRLTests {
    private let maker: TestManufacturer
    private let path: [[UInt8]]
    private let leaf: Certificate
    private let now = Int64(Date.now.timeIntervalSince1970)

    init() throws {
        maker = try TestManufacturer("Acme")
        leaf = try maker.issue(.init(serialNumber: "1"), key: .init(P256.Signing.PrivateKey().publicKey))
        path = try [leaf, maker.issuing, maker.root].map { try $0.derEncoded() }
    }

    private func pem(_ list: Data) -> String {
        PEMDocument(type: "X509 CRL", derBytes: Array(list)).pemString + "\n"
    }

    private func read(_ lists: Data...) throws -> [ManufacturerCRL] {
        try lists.flatMap(ManufacturerCRL.read)
    }

    private func judge(
        _ lists: [ManufacturerCRL], at now: Int64? = nil, path: [[UInt8]]? = nil
    ) -> ManufacturerRevocation.Finding {
        ManufacturerRevocation(
            rule: .init(paths: [], maximumAge: nil, stale: .refuse), lists: lists, now: now ?? self.now
        ).judge(path ?? self.path)
    }

    // MARK: Files

    @Test func wholeListsAreReadWhateverStandsBetweenThem() throws {
        let list = try maker.revocationList(of: [leaf])
        #expect(try ManufacturerCRL.read(list).count == 1)
        #expect(try ManufacturerCRL.read(Data((pem(list) + pem(list)).utf8)).count == 2)
        let text =
            "Certificate Revocation List (CRL):\n    Version 2 (0x1)\n" + pem(list) + "\r\n\n" + pem(list) + "\n\n"
        #expect(try ManufacturerCRL.read(Data(text.utf8)).count == 2)
    }

    /// Wherever a list is cut: in its first line, between, in its last line.
    @Test func aFileWithADamagedListIsNotRead() throws {
        let whole = pem(try maker.revocationList(of: []))
        let text = Array(whole.utf8.dropLast())
        for count in [1, 8, 12, 20, 24, 25, 60, text.count / 2, text.count - 24, text.count - 10, text.count - 1] {
            let start = String(decoding: text.prefix(count), as: UTF8.self)
            let end = String(decoding: text.suffix(count), as: UTF8.self)
            for damaged in [whole + start, start + "\n" + whole, whole + end, end + "\n" + whole] {
                #expect(throws: ManufacturerCRL.Unreadable.self, "\(count)") {
                    try ManufacturerCRL.read(Data(damaged.utf8))
                }
            }
        }
        let changed = whole.replacing("\nM", with: "\n!")
        #expect(throws: ManufacturerCRL.Unreadable.self) { try ManufacturerCRL.read(Data((whole + changed).utf8)) }
    }

    @Test func whatFollowsAListInDERIsRefused() throws {
        let list = try maker.revocationList(of: [])
        for rest in [Data([0]), list, list.prefix(20)] {
            #expect(throws: ManufacturerCRL.Unreadable.self) { try ManufacturerCRL.read(list + rest) }
        }
        for count in [0, 1, list.count / 2, list.count - 1] {
            #expect(throws: ManufacturerCRL.Unreadable.self) { try ManufacturerCRL.read(list.prefix(count)) }
        }
    }

    /// libcrypto would take it for a complete one, and as the newest prefer it.
    @Test func aDeltaListIsRefused() throws {
        let base = TestRequest.extensionRequest("2.5.29.27", critical: true, TestRequest.element(0x02, [1]))
        let list = try maker.revocationList(of: [], extensions: [base])
        #expect(throws: ManufacturerCRL.Unreadable.self) { try ManufacturerCRL.read(list) }
    }

    @Test func aListThatIsRefusedIsFreed() throws {
        let padding = TestRequest.extensionRequest(
            "1.2.3", TestRequest.element(0x04, [UInt8](repeating: 0, count: 1 << 18)))
        var list = try maker.revocationList(of: [], extensions: [padding])
        // The first date, of what is then none.
        let date = try #require(list.firstRange(of: Data([0x17, 0x0d])))
        list[date.upperBound] = UInt8(ascii: "x")
        let before = try residentPages()
        for _ in 0..<1000 {
            #expect(throws: ManufacturerCRL.Unreadable.self) { try ManufacturerCRL.read(list) }
        }
        // 64 pages each, had they stayed.
        #expect(try residentPages() < before + 40_000)
    }

    /// How much memory the process has, in pages of 4 KiB.
    private func residentPages() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }

    // MARK: Verification

    @Test func aListIsVerifiedOnceForItsIssuer() throws {
        let issuer = Data(SHA256.hash(data: try maker.issuing.derEncoded()))
        let good = try read(maker.revocationList(of: []))
        #expect(!good[0].isVerified(by: issuer))
        for _ in 0..<2 {
            #expect(judge(good) == .good(remark: nil))
            #expect(good[0].isVerified(by: issuer))
        }
        let revoking = try read(maker.revocationList(of: [leaf]))
        for _ in 0..<2 { #expect(judge(revoking) == .revoked) }
        #expect(revoking[0].isVerified(by: issuer))
        // Its dates count each time.
        for (time, list) in [(now + 2 * 86_400, good), (now - 600, good)] {
            guard case .unknown(let reason) = judge(list, at: time) else {
                Issue.record("a list of another time was taken")
                continue
            }
            #expect(reason.contains("out of date"))
        }
        #expect(judge(revoking, at: now + 2 * 86_400) == .revoked)
        #expect(judge(good) == .good(remark: nil))
    }

    @Test func whatAnotherKeySignedNeverCounts() throws {
        let forged = try read(maker.revocationList(of: [], signedBy: P256.Signing.PrivateKey()))
        for _ in 0..<2 {
            guard case .unknown = judge(forged) else {
                Issue.record("a forged list was taken")
                continue
            }
        }
        // Known of one issuer it is not known of another of the same name.
        let other = try TestManufacturer("Acme")
        let list = try read(maker.revocationList(of: []))
        #expect(judge(list) == .good(remark: nil))
        let foreign = try other.issue(.init(serialNumber: "1"), key: .init(P256.Signing.PrivateKey().publicKey))
        let path = try [foreign, other.issuing, other.root].map { try $0.derEncoded() }
        guard case .unknown = judge(list, path: path) else {
            Issue.record("a list of another authority was taken")
            return
        }
    }

    /// onlyContainsCACerts (RFC 5280 §5.2.5).
    @Test func aListAboutOthersIsNone() throws {
        let scope = TestRequest.extensionRequest(
            "2.5.29.28", critical: true, TestRequest.sequence([TestRequest.element(0x82, [0xff])]))
        let lists = try read(maker.revocationList(of: [], extensions: [scope]))
        for _ in 0..<2 {
            guard case .unknown(let reason) = judge(lists) else {
                Issue.record("a list about CAs was taken for a device")
                continue
            }
            #expect(reason.contains("scope"))
        }
    }

    @Test func aRevokedIntermediateIsRevokedForItsDevices() throws {
        let lists = try read(maker.revocationList(of: []), maker.revocationList(of: [maker.issuing], byRoot: true))
        for _ in 0..<2 { #expect(judge(lists) == .revoked) }
    }
}
