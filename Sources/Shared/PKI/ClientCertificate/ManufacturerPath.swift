internal import Crypto
internal import Foundation
internal import SwiftASN1
package import X509

/// The way from a device's certificate up to a manufacturer's anchor (RFC 5280 §6).
package struct ManufacturerPath: Sendable {
    package let manufacturer: String
    /// The leaf first, the anchor last.
    package let certificates: [Certificate]
    /// When all of them are valid, in seconds since 1970.
    package let notBefore: Int64
    package let notAfter: Int64
}

extension ClientCertificate {
    package enum ManufacturerJudgement: Sendable {
        case accepted(ManufacturerPath)
        /// There is a path, and a part of it has expired or is not yet valid.
        case outsideValidity(manufacturer: String, reason: String)
        /// A sentence for the log and the event.
        case untrusted(reason: String)
    }

    /// The longest path, anchor included.
    static let maximumPathLength = 7
    /// How often the search for a path may ask for certificates of one subject.
    static let maximumPathLookups = maximumPathLength + 1
    /// How many signatures may be verified in a search, among all manufacturers: the longest path has six.
    static let maximumPathVerifications = 12

    /// Judges the certificate as one that a manufacturer gave the device, at an instant.
    ///
    /// The path is the library's: through the intermediates that the client presented and those from configuration,
    /// with basic and name constraints checked. What the library leaves out is in ``ManufacturerPathPolicy``. Revocation
    /// is not judged here: only the signer has the lists.
    ///
    /// - Parameters:
    ///   - excluded: the authorities of ours. What one of them has signed is never a manufacturer's, whatever is
    ///     configured.
    ///   - now: in seconds since 1970.
    package func judge(
        manufacturers: [ManufacturerTrust], excluding excluded: [Authority], now: Int64
    ) async -> ManufacturerJudgement {
        await judge(
            manufacturers: manufacturers, excluding: excluded, now: now,
            verifications: SearchBudget(ClientCertificate.maximumPathVerifications))
    }

    /// - Parameter verifications: how many signatures may be verified in search of a path.
    func judge(
        manufacturers: [ManufacturerTrust], excluding excluded: [Authority], now: Int64, verifications: SearchBudget
    ) async -> ManufacturerJudgement {
        guard !isSigned(byOneOf: excluded) else {
            return .untrusted(reason: "The certificate is of an authority of this service, not of a manufacturer.")
        }
        if let reason = unfitness ?? signatureWeakness { return .untrusted(reason: reason) }
        let search = ManufacturerPathSearch(leaf: leaf, presented: presentedIntermediates, manufacturers: manufacturers)
        guard search.isPromising else { return .noPath }
        return await search.judge(now: now, verifications: verifications)
    }

    /// Whether the names alone allow for a path to one of the manufacturers: then it takes signatures to judge.
    package func mayBe(of manufacturers: [ManufacturerTrust]) -> Bool {
        ManufacturerPathSearch(leaf: leaf, presented: presentedIntermediates, manufacturers: manufacturers).isPromising
    }

    /// What the client sent beside its own certificate. What can't be read is of no use.
    private var presentedIntermediates: [Certificate] {
        presentedDER.dropFirst().compactMap { try? Certificate(derEncoded: $0) }
    }

    /// SHA-256 over the signed part of the certificate: unlike the fingerprint the same for every encoding of the
    /// signature, so that no device gets a second identity by rewriting an ECDSA signature's value.
    package var signedPartSHA256: [UInt8] { Array(SHA256.hash(data: leaf.tbsCertificateBytes)) }

    private var signatureWeakness: String? {
        leaf.signatureAlgorithm == .sha1WithRSAEncryption ? "The certificate is signed with SHA-1." : nil
    }
}

extension ClientCertificate.ManufacturerJudgement {
    static let noPath = Self.untrusted(
        reason: "There is no path from the certificate to an authority that is accepted here.")
}

extension Certificate {
    /// In seconds since 1970.
    var firstSecond: Int64 { Int64(notValidBefore.timeIntervalSince1970) }
    /// In seconds since 1970; still valid in that second. 99991231235959Z is as good as any (RFC 5280 §4.1.2.5).
    var lastSecond: Int64 { Int64(notValidAfter.timeIntervalSince1970) }
}
