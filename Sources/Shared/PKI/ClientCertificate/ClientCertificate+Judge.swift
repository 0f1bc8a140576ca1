internal import Foundation
internal import SwiftASN1
package import X509

extension ClientCertificate {
    /// An authority of ours whose certificates authenticate.
    package struct Authority: Sendable {
        package let name: String
        /// The certificate that the authority signs with.
        package let issuing: Certificate

        /// - Parameter chain: the issuing certificate first, DER; what is above it is not needed here.
        package init(name: String, chain: some Collection<some Collection<UInt8>>) throws {
            guard let first = chain.first else { throw Unreadable(description: "The authority has no certificate.") }
            self.name = name
            self.issuing = try Certificate(derEncoded: Array(first))
        }

        package init(name: String, issuing: Certificate) {
            self.name = name
            self.issuing = issuing
        }
    }

    package enum Judgement: Sendable, Equatable {
        /// It authenticates: valid, or expired for no longer than the grace period.
        case accepted(authority: String)
        /// Of this authority, and expired beyond the grace period.
        case expired(authority: String)
        case notYetValid(authority: String)
        /// A sentence for the log and the event.
        case untrusted(reason: String)
    }

    /// Judges the certificate at an instant. Revocation is not judged here: only the signer knows it.
    ///
    /// Why this is enough, and no path is built: the trust anchors are the issuing certificates themselves. They are
    /// this cluster's own and came from its signed catalogue or its own key store, so nothing above them needs to be
    /// believed, and they issue no authority: every profile refuses CA:TRUE. A certificate is theirs exactly if it names
    /// the issuing certificate's subject as its issuer and verifies with its key; what else the client sent along
    /// decides nothing.
    ///
    /// - Parameters:
    ///   - now: in seconds since 1970.
    ///   - gracePeriod: how long after its end a certificate still counts, in seconds.
    ///   - issuer: the authority in whose records these very bytes are. Its signature needs no verification then.
    package func judge(
        authorities: [Authority], now: Int64, gracePeriod: Int64, recordedBy issuer: String? = nil
    ) -> Judgement {
        let named = issuers(among: authorities)
        guard !named.isEmpty else {
            return .untrusted(reason: "The certificate is not of an authority that is accepted here.")
        }
        guard let authority = named.first(where: { $0.name == issuer || isSigned(by: $0.issuing) }) else {
            return .untrusted(reason: "The certificate's signature is not that of the authority it names.")
        }
        if let reason = unfitness { return .untrusted(reason: reason) }
        guard now >= notBefore, now >= Int64(authority.issuing.notValidBefore.timeIntervalSince1970) else {
            return .notYetValid(authority: authority.name)
        }
        // An authority's end counts as the end of what it issued.
        let end = min(notAfter, Int64(authority.issuing.notValidAfter.timeIntervalSince1970))
        let (latest, overflow) = end.addingReportingOverflow(max(0, gracePeriod))
        return overflow || now <= latest ? .accepted(authority: authority.name) : .expired(authority: authority.name)
    }

    /// The authorities that the certificate names as its issuer. That one of them has signed it is not said.
    package func issuers(among authorities: [Authority]) -> [Authority] {
        authorities.filter { $0.issuing.subject == leaf.issuer }
    }

    /// Whether one of the authorities has signed the certificate, fit for a client or not.
    package func isSigned(byOneOf authorities: [Authority]) -> Bool {
        issuers(among: authorities).contains { isSigned(by: $0.issuing) }
    }

    private func isSigned(by issuing: Certificate) -> Bool {
        // The library still verifies SHA-1, with which no authority of ours ever signed.
        leaf.signatureAlgorithm != .sha1WithRSAEncryption
            && issuing.publicKey.isValidSignature(leaf.signature, for: leaf)
    }

    /// Why the certificate is not for a client that signs in TLS, whoever issued it; nil where it is.
    var unfitness: String? {
        do {
            if try leaf.extensions.basicConstraints.map({ $0 != .notCertificateAuthority }) ?? false {
                return "The certificate is an authority's."
            }
            if let usage = try leaf.extensions.keyUsage, !usage.digitalSignature {
                return "The certificate's key usage does not have digitalSignature."
            }
            guard try ClientCertificate.isForClients(leaf) else {
                return "The certificate's extended key usage is not for TLS clients."
            }
        } catch {
            return "The certificate's extensions cannot be read."
        }
        return nil
    }
}
