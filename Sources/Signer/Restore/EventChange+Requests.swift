internal import ClusterProtocol
internal import Foundation
internal import GRDB
internal import PKI

/// Repetitions, requests that wait for an operator, names and secrets.
extension EventChange {
    func replayed() throws {
        guard let scope = event.idempotencyScope else { return }
        try OutcomeTable.setIdempotencyDigest(
            db, scopeSHA256: try data(scope, "idempotency_scope"),
            digest: try data(event.requestDigest, "request_digest"),
            until: try seconds() + RecordedDecision.longestWindow)
    }

    func pending() throws {
        let digest = try data(event.requestDigest, "request_digest")
        let now = try seconds()
        if let stale = try ApprovalTable.find(db, digest: digest) { try ApprovalSweep.release(db, stale) }
        let secret = identifier("secret:", of: event.principal)
        if let secret { _ = try SecretTable.reserve(db, id: secret) }
        try ApprovalTable.insert(
            db,
            ApprovalRecord(
                id: event.id, digest: digest, state: .waiting, label: event.label ?? "", subject: event.subject ?? "",
                names: event.names ?? [], principal: try required(event.principal, "principal"),
                keySHA256: try event.spkiSHA256.map { try data($0, "spki_sha256") } ?? Data(), secretID: secret,
                requestedAt: now, expiresAt: now + rules.pendingLifetime))
        if let scope = event.idempotencyScope {
            try OutcomeTable.setIdempotencyDigest(
                db, scopeSHA256: try data(scope, "idempotency_scope"), digest: digest,
                until: now + rules.pendingLifetime)
        }
    }

    func decided(_ decision: DecideApprovalRequest.Decision, _ tally: inout ImportTally) throws {
        guard var approval = try ApprovalTable.find(db, digest: data(event.requestDigest, "request_digest")) else {
            tally.lose("A decision on a request that the ledger does not know: event \(event.sequence).")
            return
        }
        try approval.apply(decision, db)
    }

    func released() throws {
        if event.scope == .device {
            _ = try Release.device(required(event.device.flatMap { DeviceIdentifier.number($0) }, "device"), db)
            return
        }
        for name in event.names ?? [] {
            if let holding = try NameTable.find(db, name: name) { try Release.name(holding, db) }
        }
    }

    /// A secret that nobody can use: its hash is in no event. What the operator knows of it is there, so that it can be
    /// reissued.
    func secretCreated(_ tally: inout ImportTally) throws {
        let id = try required(identifier("secret:", of: event.principal), "principal")
        let now = try milliseconds()
        var generator = SystemRandomNumberGenerator()
        let nobodys = Data((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        try SecretTable.insert(
            db,
            SecretRecord(
                id: id, label: event.label ?? "", names: event.names, uses: event.count ?? 1, used: 0, reserved: 0,
                createdAt: now, expiresAt: event.notAfter.flatMap(EventSeconds.of) ?? now / 1000), sha256: nobodys)
        try SecretTable.revoke(db, id: id, at: now / 1000)
        tally.addUnusableSecret(id)
        if let old = identifier("secret:", of: event.supersedes) {
            try SecretTable.revoke(db, id: old, at: now / 1000, replacedBy: id)
        }
    }

    func secretRevoked() throws {
        let id = try required(identifier("secret:", of: event.principal), "principal")
        let known = try SecretTable.find(db, id: id)
        try SecretTable.revoke(db, id: id, at: try seconds(), replacedBy: known?.replacedBy)
    }

    func keyEncryptionKeyRemoved() throws {
        let name = try required(identifier("kek:", of: event.principal), "principal")
        if let identifier = KeyEncryptionKeyName.identifier(name) {
            try KeyEncryptionKeyTable.delete(db, identifier: identifier)
        }
    }
}
