internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import PKI
internal import X509

/// Records a signed certificate, or finds that it must not be: one step of the ledger's writer.
///
/// Certificate, burned use, names and event are in one transaction: all of them, or none.
struct IssuanceTransaction: Sendable {
    var candidate: EnrollmentCandidate
    var signed: SignedCertificate
    /// In milliseconds since 1970.
    var now: Int64

    private var seconds: Int64 { now / 1000 }

    /// What ``record(_:)`` adds to the ledger's counts.
    var counts: LedgerCounts { LedgerCounts(certificates: 1, devices: signed.isNewDevice ? 1 : 0) }

    /// - Throws: ``RaceLost`` where the ledger has changed since the certificate was signed; `ServiceError` where a
    ///   revocation or another use came first.
    func record(_ db: Database) throws {
        let traces = try candidate.traces(db)
        try requireStillUndecided(traces, db)
        try requireStillAuthorized(traces, db)
        let device = try NameRules.device(
            for: signed.names, requester: candidate.requester, keySHA256: candidate.keySHA256,
            changesNames: candidate.changesNames, succeeding: signed.serverKey?.superseded?.device, now: seconds, db)
        guard device == (signed.isNewDevice ? nil : signed.device) else { throw RaceLost() }
        try pay(db)
        let record = issuance
        try record.enter(db)
        try signed.serverKey?.record(
            db, certificate: signed, authority: candidate.authority.name,
            keptUntil: max(record.outcome.replayUntil, record.outcome.replayUntilIfSpent), now: seconds)
        try OutboxTable.append(db, signed.event, at: seconds)
        CrashPoint.arm()
    }

    private func requireStillUndecided(_ traces: RequestTraces, _ db: Database) throws {
        switch try RecordedDecision.find(candidate, traces: traces, at: seconds, db) {
        case .issued(let earlier):
            guard let superseded = signed.serverKey?.superseded, superseded.authority == earlier.authority,
                superseded.serial == earlier.serial
            else { throw RaceLost() }
            return
        case .approval(let approval):
            guard approval.state == .approved, approval.id == signed.approval?.id else { throw RaceLost() }
        case .none:
            guard signed.approval == nil, signed.serverKey?.superseded == nil else { throw RaceLost() }
        }
    }

    private func requireStillAuthorized(_ traces: RequestTraces, _ db: Database) throws {
        if let held = candidate.requester.certificate {
            try RequesterAuthentication.requireStillInGoodStanding(held, db)
        }
        if let shown = candidate.requester.manufacturer {
            try RequesterAuthentication.requireInGoodStanding(shown, db)
        }
        try KeyRules.requireAllowed(
            candidate, traces: traces, device: signed.isNewDevice ? nil : signed.device, now: seconds, db)
        try ChangedNameRules.requireAllowed(candidate, db)
    }

    /// Burns the use, or turns the one that the approval reserved into a burned one.
    private func pay(_ db: Database) throws {
        // The pair whose place this one takes was paid for.
        guard signed.serverKey?.superseded == nil else { return }
        if let approval = signed.approval {
            if let secret = approval.secretID, try !SecretTable.burnReserved(db, id: secret) {
                throw RaceLost()
            }
            try ApprovalTable.delete(db, id: approval.id)
        } else if let secret = candidate.requester.secret, try !SecretTable.burn(db, id: secret.id) {
            // Revoked or spent by another since: decided anew, it gets the right refusal.
            throw RaceLost()
        }
    }

    private var issuance: IssuanceRecord {
        let requester = candidate.requester
        return IssuanceRecord(
            certificate: CertificateRecord(
                authority: candidate.authority.name, serial: signed.serial, device: signed.device, der: signed.der,
                label: candidate.label.name, profile: candidate.profile.name, node: candidate.node, issuedAt: now,
                notBefore: signed.notBefore, notAfter: signed.notAfter),
            device: signed.device, isNewDevice: signed.isNewDevice, subject: signed.subject,
            names: signed.names.map(\.description), keySHA256: candidate.keySHA256,
            allowsKeyReuse: candidate.profile.allowsKeyReuse, manufacturer: requester.manufacturer?.link,
            digest: candidate.digest,
            outcome: RecordedDecision.outcome(
                of: signed.serial, authority: candidate.authority.name, notBefore: signed.notBefore,
                notAfter: signed.notAfter, secretEnd: requester.isSecretAlone ? requester.secret?.expiresAt : nil,
                at: seconds),
            idempotencyScope: candidate.idempotencyScope)
    }
}

/// Which keys may be certified.
enum KeyRules {
    /// - Throws: `keyBlocked`, `keyInUse`.
    static func requireAllowed(
        _ candidate: EnrollmentCandidate, traces: RequestTraces, device: Int64?, now: Int64, _ db: Database
    ) throws {
        if traces.contains(.keyBlock), let block = try KeyTable.block(db, of: candidate.keySHA256) {
            throw ServiceError(
                .keyBlocked,
                block == .forEver
                    ? "The key has been revoked as compromised: make a new one."
                    : "The key belongs to a revoked device and waits for the operator's release.")
        }
        if !candidate.profile.allowsKeyReuse,
            let holder = try KeyTable.holder(db, keySHA256: candidate.keySHA256, at: now), holder != device
        {
            throw ServiceError(.keyInUse, "The key already has a certificate of another device (key-reuse).")
        }
    }
}
