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
        guard chain.dropFirst().allSatisfy(Self.maySignCertificates) else {
            return .failsToMeetPolicy(reason: "An authority's key usage does not have keyCertSign.")
        }
        guard chain.dropFirst().dropLast().allSatisfy(Self.isFitIntermediate) else {
            return .failsToMeetPolicy(reason: "An intermediate is not fit for the authorities of TLS clients.")
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

    private static func maySignCertificates(_ authority: Certificate) -> Bool {
        do {
            return try authority.extensions.keyUsage?.keyCertSign ?? true
        } catch {
            return false
        }
    }

    /// Version 1, which the library lets pass, can't say that it is no authority's: any device's certificate of that
    /// version would be one.
    private static func isFitIntermediate(_ authority: Certificate) -> Bool {
        do {
            return try authority.version == .v3 && authority.signatureAlgorithm != .sha1WithRSAEncryption
                && ClientCertificate.isForClients(authority)
        } catch {
            return false
        }
    }
}
