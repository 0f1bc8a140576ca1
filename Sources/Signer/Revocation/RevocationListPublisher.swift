internal import ClusterProtocol
internal import ClusterTransport
internal import Dispatch
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Keeps every authority's newest CRL, and issues the next: after each revocation, and at half of the lifetime.
///
/// Revocations while a CRL is made are one more CRL, however many they are. A CRL is shown only after its number and its
/// event are durable.
final class RevocationListPublisher: Service {
    /// A revocation makes itself heard; the time of the next CRL, and what was missed, is looked for so often.
    private static let interval = Duration.seconds(1)
    /// A CRL that could not be issued is tried again after this time.
    private static let retryInterval = Duration.seconds(5)
    /// Large CRLs take at most half of a core while revocations go on; none waits for longer than this.
    private static let longestPause = Duration.seconds(2)

    private struct State {
        var lists: [String: IssuedRevocationList] = [:]
        var retryAt: [String: ContinuousClock.Instant] = [:]
    }

    private let core: SignerCore
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "estuary.revocation-lists")

    init(core: SignerCore) {
        self.core = core
    }

    /// Every authority's newest CRL.
    var lists: [String: IssuedRevocationList] {
        let present = core.authorities
        return state.withLock { $0.lists }.filter { present[$0.key] != nil }
    }

    /// The number of every authority's newest CRL.
    var numbers: [String: Int64] { lists.mapValues(\.number) }

    func list(of authority: String) -> IssuedRevocationList? {
        state.withLock { $0.lists[authority] }
    }

    /// Issues every authority's CRL, as a signer does when it starts: what it holds is in memory only.
    func issueAll() async throws {
        for authority in authorities {
            try await issue(authority)
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { [core] in
                    while !Task.isCancelled {
                        core.certificatesRevoked()
                        try? await Task.sleep(for: Self.interval)
                    }
                }
                group.addTask { [self] in
                    for await _ in core.revocations {
                        let duration = await ContinuousClock().measure { await issueWhereDue() }
                        try? await Task.sleep(for: min(duration, Self.longestPause))
                    }
                }
                await group.waitForAll()
            }
        }
    }

    /// Issues the CRLs whose time has come, or that lack a revocation. One that fails is logged and tried again.
    func issueWhereDue() async {
        for authority in authorities {
            do {
                guard try isDue(authority) else { continue }
                try await issue(authority)
            } catch {
                state.withLock { $0.retryAt[authority.name] = .now + Self.retryInterval }
                core.metrics.revocationListFailed()
                core.logger.error(
                    "a CRL could not be issued",
                    metadata: [
                        "authority": "\(authority.name)", "error": "\(error)",
                        "next.update": "\(list(of: authority.name)?.nextUpdate ?? 0)",
                    ])
            }
        }
    }

    private var authorities: [IssuingAuthority] {
        core.authorities.values.sorted { $0.name < $1.name }
    }

    private func isDue(_ authority: IssuingAuthority) throws -> Bool {
        let (list, retryAt) = state.withLock { ($0.lists[authority.name], $0.retryAt[authority.name]) }
        if let retryAt, retryAt > .now { return false }
        guard let list else { return true }
        let now = core.seconds()
        // Also where the clock was set back: readers would take the CRL for one of the future.
        guard now >= list.thisUpdate, now < list.issuedAt + authority.services.listLifetime / 2 else { return true }
        guard !core.revocationListHold.isHeld() else { return false }
        return try core.ledger.read { try RevocationListTable.revocations($0, authority: authority.name) }
            != list.revocations
    }

    private func issue(_ authority: IssuingAuthority) async throws {
        let issuance = RevocationListIssuance(authority: authority, ledger: core.ledger, events: core.events)
        let time = core.now()
        let draft = try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(with: Result(catching: { try issuance.make(at: time) }))
            }
        }
        let number = draft.list.number
        try await core.ledger.writer.perform(reserved: true) { db in
            guard try RevocationListTable.position(db, authority: authority.name).number < number else {
                throw ServiceError(.unexpected, "A newer CRL was issued meanwhile.")
            }
            try RevocationListTable.enter(db, authority: authority.name, number: number, regular: draft.regular)
            try OutboxTable.append(db, draft.event, at: Int64(time.timeIntervalSince1970))
        }
        state.withLock { state in
            state.lists[authority.name] = draft.list
            state.retryAt[authority.name] = nil
        }
        core.outboxGrew()
        core.logger.info(
            "CRL issued",
            metadata: [
                "authority": "\(authority.name)", "number": "\(number)", "entries": "\(draft.list.entries)",
                "next.update": "\(draft.list.nextUpdate)",
            ])
    }
}
