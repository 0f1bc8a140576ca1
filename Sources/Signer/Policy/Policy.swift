internal import ClusterProtocol
internal import ConfigurationFile
internal import Crypto
internal import Foundation
internal import PKI
internal import X509

/// The labels and profiles in force: what the signer will issue, for whom.
///
/// Validated as a whole when it is loaded: every label names an authority and a profile that exist.
struct Policy: Sendable, Equatable {
    var profiles: [Profile]
    var labels: [LabelDescription]
    /// SHA-256 of the policy file and of the manufacturers' certificates, hexadecimal: what the event of its application
    /// names.
    var sha256: String
    /// The device makers that labels may accept.
    var manufacturers: [Manufacturer] = []
    /// How many certificates a label may give, where that is limited; by the label's name. Frontends are not told.
    var labelRates: [String: Rate] = [:]

    /// The files of all manufacturers' revocation lists.
    var revocationListPaths: Set<String> {
        Set(manufacturers.flatMap { $0.revocation?.paths ?? [] })
    }

    /// The manufacturers' certificates that are expired or not yet valid, with the manufacturer's name and the subject.
    ///
    /// - Parameter now: in seconds since 1970.
    func lateAuthorities(at now: Int64) -> [(manufacturer: String, subject: String)] {
        manufacturers.flatMap { manufacturer in
            manufacturer.trust.late(at: now).map { (manufacturer.trust.name, "\($0.subject)") }
        }
    }

    func manufacturers(of label: LabelDescription) -> [Manufacturer] {
        label.manufacturers.compactMap { name in manufacturers.first { $0.trust.name == name } }
    }

    func label(_ name: String) -> LabelDescription? {
        labels.first { $0.name == name }
    }

    func profile(_ name: String) -> Profile? {
        profiles.first { $0.name == name }
    }

    /// The policy with the cluster's own host names refused to every device.
    func reserving(hosts: [String]) -> Policy {
        var policy = self
        for index in policy.profiles.indices {
            policy.profiles[index].names.reservedHosts = hosts
        }
        return policy
    }
}
