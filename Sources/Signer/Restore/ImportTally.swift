internal import ClusterProtocol

/// What a restored ledger has got from the auditor so far: kept in the ledger until the event that tells of it.
struct ImportTally: Codable, Sendable, Equatable {
    /// The last event that the backup itself had.
    var first: Int64
    /// Events that came.
    var events = 0
    /// How many events of a kind have changed the ledger.
    var applied: [String: Int] = [:]
    /// Identifiers of secrets whose hash is in no event, so that nobody can use them; the first few, and how many.
    var unusableSecrets: [String] = []
    var unusableSecretCount = 0
    /// What is not there although an event tells of it, in a sentence each; the first few, and how many.
    var losses: [String] = []
    var lossCount = 0
    /// The policy that was applied last, where one was.
    var policySHA256: String?

    private static let maximumListed = 50

    init(first: Int64) {
        self.first = first
    }

    mutating func count(_ kind: AuditEvent.Kind) {
        applied[kind.rawValue, default: 0] += 1
    }

    mutating func addUnusableSecret(_ id: String) {
        unusableSecretCount += 1
        if unusableSecrets.count < Self.maximumListed { unusableSecrets.append(id) }
    }

    mutating func lose(_ what: String) {
        lossCount += 1
        if losses.count < Self.maximumListed { losses.append(what) }
    }

    /// For the event and the log.
    var remarks: [String] {
        var remarks = applied.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        if unusableSecretCount > 0 {
            remarks.append(
                "\(unusableSecretCount) secrets are of no use any more, as no event has their hash; «estuary token reissue» "
                    + "makes new ones: \(unusableSecrets.joined(separator: " "))"
                    + (unusableSecretCount > unusableSecrets.count ? " …" : ""))
        }
        remarks += losses
        if lossCount > losses.count { remarks.append("… and \(lossCount - losses.count) more that are not there.") }
        return remarks
    }
}
