internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB

extension AdministrationDesk {
    private static let maximumUses = 10_000_000
    /// Ten years, in seconds.
    private static let maximumLifetime: Int64 = 3660 * 86400
    private static let maximumNames = 100
    private static let maximumNameBytes = 64 * 1024

    func createSecrets(_ request: CreateSecretsRequest) async throws -> CreateSecretsReply {
        try requireValid(request)
        let created = try request.items.map { try newSecret(label: request.label, names: $0.names, request) }
        let person = try CallContext.required().peer.name
        let events = core.events
        let time = core.now()
        let seconds = core.seconds()
        try await core.ledger.writer.perform(reserved: true) { db in
            for (secret, record) in created {
                try SecretTable.insert(db, record, sha256: SecretTable.sha256(of: secret))
                var event = events.administration(.secretCreated, by: person, at: time)
                Self.fill(&event, record)
                try OutboxTable.append(db, UnnumberedEventLine(event), at: seconds)
            }
        }
        core.outboxGrew()
        return CreateSecretsReply(secrets: created.map { CreatedSecret(secret: $0, description: $1.description) })
    }

    func listSecrets(_ request: ListSecretsRequest) async throws -> Page<SecretDescription> {
        let cursor = try number(request.cursor)
        let now = core.seconds()
        let (secrets, next) = try core.ledger.read { db in
            try SecretTable.list(
                db, label: request.label, usableAt: request.usableOnly ? now : nil, after: cursor,
                limit: Self.pageSize)
        }
        return Page(items: secrets.map(\.description), nextCursor: next.map(String.init))
    }

    func revokeSecret(_ request: RevokeSecretRequest) async throws -> SecretDescription {
        let now = core.seconds()
        return try await change(.secretRevoked) { db, event in
            let secret = try Self.secret(request.id, db)
            Self.fill(&event, secret)
            try SecretTable.revoke(db, id: secret.id, at: now, replacedBy: secret.replacedBy)
            return try Self.secret(request.id, db).description
        }
    }

    func reissueSecret(_ request: ReissueSecretRequest) async throws -> CreatedSecret {
        guard (1...Self.maximumLifetime).contains(request.lifetime) else {
            throw ServiceError(.invalidArgument, "A secret lives from a second to ten years.")
        }
        let now = core.milliseconds()
        let (secret, id) = (SecretGenerator.secret(), SecretGenerator.identifier())
        let record = try await change(.secretReissued) { db, event in
            let old = try Self.secret(request.id, db)
            if let successor = old.replacedBy {
                throw ServiceError(.invalidArgument, "The secret was reissued before, as «\(successor)».")
            }
            let new = SecretRecord(
                id: id, label: old.label, names: old.names, uses: old.uses, used: 0, reserved: 0, createdAt: now,
                expiresAt: now / 1000 + request.lifetime)
            try SecretTable.insert(db, new, sha256: SecretTable.sha256(of: secret))
            try SecretTable.revoke(db, id: old.id, at: now / 1000, replacedBy: new.id)
            Self.fill(&event, new)
            event.reasonText = "in the place of \(old.id)"
            event.supersedes = "secret:\(old.id)"
            return new
        }
        return CreatedSecret(secret: secret, description: record.description)
    }

    private func requireValid(_ request: CreateSecretsRequest) throws {
        func refuse(_ message: String) -> ServiceError {
            ServiceError(.invalidArgument, message)
        }
        guard let label = core.policy.label(request.label) else {
            throw refuse("There is no label «\(request.label)».")
        }
        guard label.acceptsSecrets else {
            throw refuse("The label «\(label.name)» takes no enrollment secrets.")
        }
        guard (1...CreateSecretsRequest.maximumCount).contains(request.items.count) else {
            throw refuse("One request makes 1 to \(CreateSecretsRequest.maximumCount) secrets.")
        }
        guard (1...Self.maximumUses).contains(request.uses) else {
            throw refuse("A secret has 1 to \(Self.maximumUses) uses.")
        }
        guard (1...Self.maximumLifetime).contains(request.lifetime) else {
            throw refuse("A secret lives from a second to ten years.")
        }
        // The answer has every name and must fit into a message; it is known before anything is committed.
        guard request.items.compactMap(\.names).joined().reduce(0, { $0 + $1.utf8.count + 4 }) <= Self.maximumNameBytes
        else {
            throw refuse("The names of one request have more than \(Self.maximumNameBytes) bytes: send fewer at once.")
        }
        for names in request.items.compactMap(\.names) {
            guard (1...Self.maximumNames).contains(names.count),
                names.allSatisfy({ (1...512).contains($0.utf8.count) })
            else {
                throw refuse("A secret is bound to 1 to \(Self.maximumNames) names of 1 to 512 bytes, or to none.")
            }
        }
    }

    private func newSecret(
        label: String, names: [String]?, _ request: CreateSecretsRequest
    ) throws -> (Secret, SecretRecord) {
        let now = core.milliseconds()
        return (
            SecretGenerator.secret(),
            SecretRecord(
                id: SecretGenerator.identifier(), label: label, names: names, uses: request.uses, used: 0,
                reserved: 0, createdAt: now, expiresAt: now / 1000 + request.lifetime)
        )
    }

    private static func secret(_ id: String, _ db: Database) throws -> SecretRecord {
        guard let secret = try SecretTable.find(db, id: id) else {
            throw ServiceError(.notFound, "There is no secret with the id «\(id)».")
        }
        return secret
    }

    private static func fill(_ event: inout AuditEvent, _ secret: SecretRecord) {
        event.label = secret.label
        event.principal = "secret:\(secret.id)"
        event.names = secret.names
        event.count = secret.uses
        event.notAfter = AuditEvent.timestamp(Date(timeIntervalSince1970: Double(secret.expiresAt)))
    }
}
