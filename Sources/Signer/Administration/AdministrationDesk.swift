internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import Observability

/// What the signer does for operators, who come over its local socket (design §4, «Administration»).
///
/// Every change is recorded with its event in one transaction; the event names the operator.
struct AdministrationDesk: Sendable {
    /// The entries of a page at most, and their bytes, well below a message's limit.
    static let pageSize = 200
    private static let pageBytes = 128 * 1024

    let core: SignerCore
    let pipeline: EnrollmentPipeline
    let registry: NodeRegistry
    let publisher: CataloguePublisher
    let policyFile: PolicyFile
    let witness: LogWitness
    let auditorIsUp: @Sendable () -> Bool
    let memoryIsLocked: Bool
    /// Reads the authorities that the signer's configuration names now; those in force stay where there is none.
    var loadAuthorities: (@Sendable () throws -> [IssuingAuthority])?
    /// Since when the signer has been listening to nodes, in seconds since 1970.
    var startedAt = ProcessStart.secondsSince1970
    /// Nodes and policy change one after the other: each change reads what the one before has made.
    let turns = SerialTurns()

    /// Performs a change and records its event, which names the operator of the call.
    ///
    /// - Parameter body: makes the change; it may fill in the event.
    func change<Result: Sendable>(
        _ type: AuditEvent.Kind, _ body: @escaping @Sendable (Database, inout AuditEvent) throws -> Result
    ) async throws -> Result {
        let person = try CallContext.required().peer.name
        let event = core.events.administration(type, by: person, at: core.now())
        let seconds = core.seconds()
        let result = try await core.ledger.writer.perform(reserved: true) { db in
            var event = event
            let result = try body(db, &event)
            try OutboxTable.append(db, UnnumberedEventLine(event), at: seconds)
            return result
        }
        // Before the operator has an answer: a revoked secret is good for nothing from then on.
        core.sharedSecrets.forget()
        core.outboxGrew()
        return result
    }

    /// As many of a list's next entries as fit into a page, and the cursor after them; of a list that was asked for
    /// ``pageSize`` entries.
    func page<Item: Codable & Sendable>(of items: [Item], cursor: (Item) -> String) throws -> Page<Item> {
        var bytes = 0
        let encoder = JSONEncoder()
        let fitting = try items.prefix { item in
            bytes += try encoder.encode(item).count + 1
            return bytes <= Self.pageBytes
        }
        // One entry alone is never that long.
        let isLast = fitting.count == items.count && items.count < Self.pageSize
        return Page(items: Array(fitting), nextCursor: isLast ? nil : fitting.last.map(cursor))
    }

    /// A page's cursor as a number.
    func number(_ cursor: String?) throws -> Int64 {
        guard let cursor else { return 0 }
        guard let number = Int64(cursor) else {
            throw ServiceError(.invalidArgument, "The cursor is not one that an earlier page gave.")
        }
        return number
    }
}

extension AdministrationDesk: AdministrationBackend {
    func status(_ request: SignerStatusRequest) async throws -> SignerStatus {
        let position = core.outboxPosition
        let (certificates, devices, waiting) = try core.ledger.read { db in
            (
                try MetaTable.integer(db, "certificates") ?? 0, try MetaTable.integer(db, "devices") ?? 0,
                try ApprovalTable.countWaiting(db)
            )
        }
        return SignerStatus(
            version: EstuaryVersion.current, startedAt: ProcessStart.secondsSince1970,
            authorities: core.authorities.values.sorted { $0.name < $1.name }.map {
                .init(name: $0.name, subject: $0.subject, notAfter: $0.notAfter)
            },
            catalogueVersion: publisher.catalogue?.version ?? 0, configurationSHA256: core.policy.sha256,
            inFlight: pipeline.count, outboxBacklog: position.backlog, outboxLimit: core.limits.outbox,
            lastSequence: position.last, ledgerIncarnation: core.ledger.incarnation,
            auditorReachable: auditorIsUp(), certificates: certificates, devices: devices, approvalsWaiting: waiting,
            memoryLocked: memoryIsLocked,
            nodes: registry.nodes.map { node in
                let heard = registry.report(node.name)
                return .init(name: node.name, role: node.role, lastSeen: heard?.seen, report: heard?.report)
            }, witness: try witness.status())
    }

    func acceptLog(_ request: AcceptLogRequest) async throws -> AcceptLogReply {
        try await witness.accept(by: CallContext.required().peer.name)
    }

    func metrics(_ request: MetricsRequest) async throws -> MetricsReply {
        MetricsReply(text: core.metrics.registry.render())
    }

    func reload(_ request: ReloadRequest) async throws -> ReloadReply {
        let policy: Policy
        let authorities: [String: IssuingAuthority]
        do {
            authorities = try presentAuthorities()
            policy = try policyFile.naming(Array(authorities.values)).load()
            try await requireRevocationLists(of: policy)
        } catch {
            let text = "\(error)"
            _ = try await change(.configurationRefused) { _, event in
                event.decision = .denied
                event.reasonText = text
            }
            throw ServiceError(.invalidArgument, text, cause: error)
        }
        return try await turns.take {
            let before = (policy: core.policy.sha256, authorities: core.authorities)
            let inForce = policy.reserving(hosts: registry.hosts)
            // First what can still fail: then nothing has changed. A new authority is there before the first request for
            // it comes, and one that goes stays until no request can.
            core.authorities = before.authorities.merging(authorities) { $1 }
            do {
                try await publisher.publish(inForce, authorities: authorities)
            } catch {
                core.authorities = before.authorities
                throw error
            }
            let changed = try await recordApplied(policy, authorities, before: before.policy)
            core.policy = inForce
            core.authorities = authorities
            // A new authority has its first CRL at once.
            core.certificatesRevoked()
            await core.prepareManufacturers()
            return ReloadReply(
                catalogueVersion: publisher.catalogue?.version ?? 0, configurationSHA256: policy.sha256,
                changed: changed)
        }
    }

    /// An operator who names a list that isn't one learns of it now, not when the first device is refused.
    private func requireRevocationLists(of policy: Policy) async throws {
        let failures = await core.manufacturerLists.failures(policy.revocationListPaths)
        guard let (path, failure) = failures.min(by: { $0.key < $1.key }) else { return }
        throw ServiceError(.invalidArgument, "manufacturers: crls: \(path): \(failure)")
    }
}
