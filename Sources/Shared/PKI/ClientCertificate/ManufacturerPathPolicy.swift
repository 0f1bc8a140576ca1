internal import SwiftASN1
internal import Synchronization
internal import X509

/// What RFC 5280 asks of a path and the library's policy leaves to others.
struct ManufacturerPathPolicy: VerifierPolicy {
    /// The instant that a path is judged for, and what failed for it alone.
    final class Clock: Sendable {
        let now: Int64
        private let failed = Mutex<(manufacturer: String, reason: String)?>(nil)

        init(now: Int64) { self.now = now }

        var failure: (manufacturer: String, reason: String)? { failed.withLock { $0 } }

        func note(_ reason: String, of manufacturer: String) {
            failed.withLock { $0 = $0 ?? (manufacturer, reason) }
        }
    }

    /// Policies are fine as no particular one is asked for; names are what the label's rule looks at.
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
        ObjectIdentifiers.Extension.extendedKeyUsage, ObjectIdentifiers.Extension.subjectAlternativeName,
        ObjectIdentifiers.Extension.certificatePolicies,
    ]
    let clock: Clock
    /// Whose path it is.
    private let manufacturer: ([Certificate]) -> String?

    init(clock: Clock, manufacturer: @escaping ([Certificate]) -> String?) {
        self.clock = clock
        self.manufacturer = manufacturer
    }

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        guard chain.count > 1, chain.count <= ClientCertificate.maximumPathLength else {
            return .failsToMeetPolicy(reason: "The path is too long.")
        }
        if let objection = chain.dropFirst().lazy.compactMap({ Self.objection(to: $0, isAnchor: $0 == chain.last) })
            .first
        {
            return .failsToMeetPolicy(reason: PolicyFailureReason(objection))
        }
        guard let manufacturer = manufacturer(Array(chain)) else {
            return .failsToMeetPolicy(reason: "The path is of no single manufacturer's certificates.")
        }
        guard let late = chain.first(where: { clock.now > $0.lastSecond || clock.now < $0.firstSecond }) else {
            return .meetsPolicy
        }
        let whose = late == chain.leaf ? "The client certificate" : "The manufacturer's CA certificate"
        clock.note("\(whose) \(clock.now > late.lastSecond ? "has expired" : "is not yet valid").", of: manufacturer)
        return .failsToMeetPolicy(reason: "A certificate of the path is outside of its validity.")
    }

    /// Why no path goes through an authority's certificate, whenever; nil where one may.
    static func objection(to authority: Certificate, isAnchor: Bool) -> String? {
        do {
            guard try authority.extensions.keyUsage?.keyCertSign ?? true else {
                return "its keyUsage does not have keyCertSign"
            }
            guard !isAnchor else { return nil }
            // Version 1, which the library lets pass, can't say that it is no authority's: any device's certificate of
            // that version would be one.
            guard authority.version == .v3 else { return "it is of version 1, which no intermediate may be" }
            guard authority.signatureAlgorithm != .sha1WithRSAEncryption else { return "it is signed with SHA-1" }
            guard try ClientCertificate.isForClients(authority) else {
                return "its extendedKeyUsage has neither clientAuth nor any"
            }
            return nil
        } catch {
            return "its extensions can't be read"
        }
    }
}
