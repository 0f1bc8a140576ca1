internal import ClusterProtocol
internal import Foundation
internal import GRDB

extension AdministrationDesk {
    /// The authorities of the configuration file, each under the key that the ledger knows it by.
    func presentAuthorities() throws -> [String: IssuingAuthority] {
        guard let loadAuthorities else { return core.authorities }
        let loaded = try loadAuthorities()
        try core.ledger.requireKeys(Dictionary(uniqueKeysWithValues: loaded.map { ($0.name, $0.keySHA256) }))
        return Dictionary(uniqueKeysWithValues: loaded.map { ($0.name, $0) })
    }

    /// Records policy and authorities that are applied, where they are others than before; whether they are.
    ///
    /// - Parameter before: the SHA-256 of the policy that was in force.
    func recordApplied(
        _ policy: Policy, _ authorities: [String: IssuingAuthority], before: String
    ) async throws -> Bool {
        let sorted = authorities.values.sorted { $0.name < $1.name }
        let keys = authorities.mapValues(\.keySHA256)
        let digest = AuthorityTable.digest(sorted)
        let areKnown = try core.ledger.read { try MetaTable.data($0, "authorities_sha256") } == digest
        guard policy.sha256 != before || !areKnown else { return false }
        _ = try await change(.configurationApplied) { db, event in
            event.reasonText = "sha256:\(policy.sha256)"
            event.remarks = sorted.map(\.remark)
            try MetaTable.set(db, "policy_sha256", policy.sha256)
            try AuthorityTable.enter(db, keys)
            _ = try AuthorityTable.note(db, digest: digest)
        }
        return true
    }
}
