internal import ClusterProtocol
internal import ClusterTransport
internal import ConfigurationFile
internal import Synchronization

/// How many certificates an identity, a label and a node may get in a time (design §10).
///
/// All of it is held here and nothing at the frontends: who asks is only known once the signer has authenticated it, a
/// label's rate that each frontend held by itself would grow with their number, and a quota is worth something only
/// where the frontend that it holds can't lift it.
///
/// What counts is a certificate that is issued. A repetition of an earlier request takes nothing of that, so that a
/// device whose answer was lost always gets it; but each leaves an event, so that repetitions have the identity's rate
/// once more for themselves. What is refused for another reason takes nothing. The counts are in memory: a signer that
/// starts has none.
final class IssuanceLimits: Sendable {
    struct Rates: Sendable, Equatable {
        /// An identity of one device: its certificates, a manufacturer's certificate, a secret with one use.
        var identity: Rate? = Rate(1_000, per: .seconds(3600))
        /// An identity that many devices share: a secret with more uses, a registration authority.
        var sharedIdentity: Rate? = Rate(1_000_000, per: .seconds(3600))
        /// First enrollments through one node.
        var nodeEnrollments: Rate? = Rate(1_000_000, per: .seconds(3600))
        /// New keys for devices with a certificate, through one node: there all that proves the old key is the node's
        /// word.
        var nodeNewKeys: Rate? = Rate(100_000, per: .seconds(3600))
        /// How many identities are remembered.
        var identities = 100_000
    }

    enum Scope: String, Sendable, CaseIterable {
        case identity = "identity-rate"
        case replays = "identity-replays"
        case label = "label-rate"
        case nodeEnrollments = "node-enrollments"
        case nodeNewKeys = "node-new-keys"

        /// Whether it is a node that has used up its quota: what an operator should look at.
        var isQuota: Bool { self == .nodeEnrollments || self == .nodeNewKeys }
    }

    /// One that is taken of a scope's rate.
    struct Claim: Sendable, Equatable {
        var scope: Scope
        var key: String
        var rate: Rate
    }

    /// Refusals that stand in no event of their own.
    struct Report: Sendable, Equatable {
        var scope: Scope
        /// The identity, label or node; nil for several.
        var key: String?
        var count: Int
    }

    /// Labels and nodes are the operator's, and few; it is a bound all the same.
    private static let maximumNames = 10_000
    /// How many keys of a scope have a report of their own.
    private static let maximumReports = 100

    let rates: Rates
    private let now: @Sendable () -> ContinuousClock.Instant
    private let limiters: Mutex<[Scope: RateLimiter]>

    init(rates: Rates, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.rates = rates
        self.now = now
        limiters = Mutex(
            Dictionary(
                uniqueKeysWithValues: Scope.allCases.map { scope in
                    let isOfIdentities = scope == .identity || scope == .replays
                    return (scope, RateLimiter(capacity: isOfIdentities ? rates.identities : Self.maximumNames))
                }))
    }

    /// Takes all of the claims where that is allowed; where it is not, that is no refusal yet.
    func takeIfFree(_ claims: [Claim]) -> Bool {
        guard !claims.isEmpty else { return true }
        let now = now()
        return limiters.withLock { limiters in
            let isFree = claims.allSatisfy { limiters[$0.scope]?.wait(for: $0.key, $0.rate, at: now) == nil }
            guard isFree else { return false }
            for claim in claims { limiters[claim.scope]?.take(claim.key, claim.rate, at: now) }
            return true
        }
    }

    /// Takes all of the claims, or none.
    ///
    /// - Throws: `ServiceError` with ``LimitReached`` as its cause, which says when all of them may be taken.
    func take(_ claims: [Claim]) throws {
        guard !claims.isEmpty else { return }
        let now = now()
        let refusal: LimitReached? = limiters.withLock { limiters in
            var longest: (claim: Claim, wait: Duration)?
            for claim in claims {
                if let wait = limiters[claim.scope]?.wait(for: claim.key, claim.rate, at: now),
                    wait > longest?.wait ?? .zero
                {
                    longest = (claim, wait)
                }
            }
            if let (claim, wait) = longest {
                let isReported = limiters[claim.scope]?.refused(claim.key, claim.rate, at: now) ?? true
                return LimitReached(claim: claim, wait: wait, isReported: isReported)
            }
            for claim in claims { limiters[claim.scope]?.take(claim.key, claim.rate, at: now) }
            return nil
        }
        if let refusal { throw refusal.error }
    }

    /// Gives back what led to no certificate.
    func giveBack(_ claims: [Claim]) {
        guard !claims.isEmpty else { return }
        let now = now()
        limiters.withLock { limiters in
            for claim in claims { limiters[claim.scope]?.giveBack(claim.key, claim.rate, at: now) }
        }
    }

    /// What was refused since the last time and stands in no event.
    func takeReports() -> [Report] {
        limiters.withLock { limiters in
            Scope.allCases.flatMap { scope in
                (limiters[scope]?.takeUnreported(maximum: Self.maximumReports) ?? [])
                    .map { Report(scope: scope, key: $0.key, count: $0.count) }
            }
        }
    }
}

/// Which limit a request met.
struct LimitReached: Error, Equatable {
    var claim: IssuanceLimits.Claim
    /// In which time one more may be taken.
    var wait: Duration
    /// Whether this refusal has an event of its own.
    var isReported: Bool

    var error: ServiceError {
        // Rounded up: a client that comes back then is served.
        let seconds = Int(clamping: wait.components.seconds) + (wait.components.attoseconds > 0 ? 1 : 0)
        let (code, message): (ServiceError.Code, String) =
            switch claim.scope {
            case .identity: (.tooManyRequests, "This client has been given too many certificates; try again later.")
            case .replays: (.tooManyRequests, "This client has asked for the same too often; try again later.")
            case .label: (.tooManyRequests, "The label «\(claim.key)» has been asked too often; try again later.")
            case .nodeEnrollments, .nodeNewKeys:
                (.nodeQuotaReached, "The node has used up a quota (\(claim.scope.rawValue)).")
            }
        return ServiceError(
            code, message, retryAfter: max(1, seconds), reason: .init(rawValue: claim.scope.rawValue), cause: self)
    }
}
