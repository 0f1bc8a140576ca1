internal import Foundation
internal import PKI

@testable internal import Frontend

/// A CRL as the signer of a test has it.
struct TestRevocationList: Sendable {
    var number: Int64
    var thisUpdate: Int64
    var nextUpdate: Int64
    /// DER.
    var bytes: [UInt8]

    /// - Parameters:
    ///   - entries: how many certificates are revoked in it; each takes about 50 bytes.
    ///   - signer: whose key signs; the authority's own unless told.
    init(
        _ authority: TestAuthority, number: Int64, entries: Int = 1, lifetime: Int64 = 86_400,
        thisUpdate: Int64 = Int64(Date.now.timeIntervalSince1970) - 5, signer: TestAuthority? = nil
    ) throws {
        self.number = number
        self.thisUpdate = thisUpdate
        nextUpdate = thisUpdate + lifetime
        let list = RevocationList(
            issuer: try RevocationListIssuer(
                certificate: Array(authority.issuing.der), keyIdentifier: [UInt8](repeating: 7, count: 20)),
            signatureAlgorithm: .ecdsaWithSHA256, number: number, thisUpdate: thisUpdate, nextUpdate: nextUpdate)
        var revoked = RevocationListEntries()
        for index in 0..<entries {
            let serial = withUnsafeBytes(of: UInt64(index).bigEndian) { [1, 2, 3, 4, 5, 6, 7, 8] + Array($0) }
            revoked.append(serial: serial, revokedAt: thisUpdate, reason: .superseded)
        }
        let contents = list.toBeSigned(revoked)
        bytes = list.encode(toBeSigned: contents, signature: try (signer ?? authority).sign(contents))
    }
}
