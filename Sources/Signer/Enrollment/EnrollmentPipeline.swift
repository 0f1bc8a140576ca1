internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import GRDB
internal import Logging
internal import PKI
internal import SwiftASN1
internal import X509

/// The way of an enrollment through the signer (design §5, step 4): authenticate, verify, look for a duplicate, apply
/// the rules, sign, record; and only then answer.
struct EnrollmentPipeline: Sendable {
    /// How often a request is decided anew because another one came first.
    private static let maximumRaces = 5

    let core: SignerCore
    private let serverKeys: ServerKeyGeneration
    private let inFlight = InFlightRequests<EnrollReply>()

    init(core: SignerCore) {
        self.core = core
        serverKeys = ServerKeyGeneration(core: core)
    }

    /// Enrollments that are being decided.
    var count: Int { inFlight.count }

    /// - Throws: `ServiceError`. A refusal is recorded as an event before it is thrown.
    func enroll(_ request: EnrollRequest, from context: CallContext) async throws -> EnrollReply {
        var candidate: EnrollmentCandidate?
        do {
            let made = try await makeCandidate(request, from: context.peer)
            candidate = made
            return try await decideOnce(made, deadline: context.deadline)
        } catch let error as ServiceError {
            if error.code.isRefusal {
                await recordDenial(error, request: request, node: context.peer.name, candidate: candidate)
            }
            throw error
        } catch let error as LedgerError where error == .busy {
            throw ServiceError(.overloaded, "The signer is busy.", retryAfter: 5, cause: error)
        }
    }

    /// Whether a secret would authenticate on a label. A refusal is recorded where the purpose says so.
    func authenticate(_ request: AuthenticateRequest, from context: CallContext) async throws {
        let job = EnrollRequest(
            operation: .simpleEnroll, label: request.label, certificationRequest: Data(), secret: request.secret,
            requestID: request.requestID, remoteAddress: request.remoteAddress)
        do {
            guard let label = core.policy.label(request.label) else {
                throw ServiceError(.unknownLabel, "There is no label «\(request.label)».")
            }
            guard context.peer.mayUse(label: label.name) else {
                throw ServiceError(.nodeNotForLabel, "The node may not ask for this label.")
            }
            let authentication = RequesterAuthentication(
                label: label, authorities: core.authorities, now: core.seconds())
            let secret = try core.ledger.read { try authentication.secret(request.secret, $0) }
            if request.purpose == .reason {
                try authentication.requireUsable(secret)
            }
        } catch let error as ServiceError {
            guard request.purpose == .reason else { throw error }
            await recordDenial(error, request: job, node: context.peer.name, candidate: nil)
            throw error
        }
    }

    // MARK: Who asks for what

    private func makeCandidate(_ request: EnrollRequest, from peer: PeerIdentity) async throws -> EnrollmentCandidate {
        let policy = core.policy
        guard let label = policy.label(request.label), let profile = policy.profile(label.profile),
            let authority = core.authorities[label.authority]
        else {
            throw ServiceError(.unknownLabel, "There is no label «\(request.label)».")
        }
        guard peer.mayUse(label: label.name) else {
            throw ServiceError(.nodeNotForLabel, "The node may not ask for this label.")
        }
        try ServerKeyGeneration.requireServed(request.operation, by: label)
        var authentication = RequesterAuthentication(
            label: label, authorities: core.authorities, now: core.seconds())
        let manufacturer = ManufacturerAuthentication(core: core, label: label, policy: policy)
        if manufacturer.concerns(request) {
            // A look-up before signatures: with a wrong secret nobody has a path to a manufacturer searched for.
            try core.ledger.read { [authentication] in try authentication.requireKnownSecret(request, $0) }
            authentication.manufacturer = try await manufacturer.judge(request)
        }
        let requester =
            try authentication.authenticateBySecretAlone(request) { sha256 in
                try core.sharedSecrets.find(sha256: sha256) {
                    try core.ledger.read { try SecretTable.find($0, sha256: sha256) }
                }
            } ?? core.ledger.read { [authentication] in try authentication.authenticate(request, $0) }
        let certificationRequest = try parse(request)
        let makesKey = request.operation == .serverKeyGeneration
        if makesKey {
            try label.requireKeyProtection(of: certificationRequest)
        } else if certificationRequest.publicKey == nil {
            // A key that proved nothing may not even learn that somebody else's request exists.
            throw Self.unprovenKey(certificationRequest, profile, at: core.seconds())
        }
        return EnrollmentCandidate(
            basis: .init(
                request: request, node: peer.name, label: label, profile: profile, authority: authority,
                certificationRequest: certificationRequest),
            requester: requester,
            keySHA256: makesKey ? Data() : Data(SHA256.hash(data: certificationRequest.publicKeyDER)),
            digest: RequestDigest.make(
                label: label.name, operation: request.operation, requester: requester, request: certificationRequest),
            idempotencyScope: try request.idempotencyKey.map {
                guard (1...255).contains($0.utf8.count) else {
                    throw ServiceError(.malformedRequest, "An Idempotency-Key has 1 to 255 characters.")
                }
                return RequestDigest.idempotencyScope(
                    requester.idempotencyScope(
                        // What tells devices with one secret apart, where the key says nothing.
                        sharedBy: makesKey ? certificationRequest.subjectDER : certificationRequest.publicKeyDER),
                    key: $0)
            })
    }

    private func parse(_ request: EnrollRequest) throws -> CertificationRequest {
        do {
            let der = Array(request.certificationRequest)
            return try request.operation == .serverKeyGeneration
                ? CertificationRequest(forServerKey: der) : CertificationRequest(derEncoded: der)
        } catch let error as CertificationRequestError {
            throw ServiceError(
                error.code == .badSignature ? .badSignature : .malformedRequest, error.message, cause: error)
        }
    }

    /// Why a key that the library can't verify is refused, in the profile's words.
    private static func unprovenKey(
        _ request: CertificationRequest, _ profile: Profile, at now: Int64
    ) -> ServiceError {
        do {
            _ = try profile.admit(request, now: now)
            return ServiceError(.profileViolation, "The key is of a kind that is not supported.")
        } catch {
            return ServiceError(
                .profileViolation, (error as? ProfileViolation)?.message ?? "The key is not supported.", cause: error)
        }
    }

    // MARK: Decide

    /// Decides a request once, however often it is in flight.
    private func decideOnce(
        _ candidate: EnrollmentCandidate, deadline: ContinuousClock.Instant
    ) async throws -> EnrollReply {
        if candidate.idempotencyScope != nil {
            // Before joining: whoever runs already may have come without the key.
            try core.ledger.read { try RecordedDecision.refuseReusedIdempotencyKey(candidate, at: core.seconds(), $0) }
        }
        let (reply, joined) = try await inFlight.run(candidate.digest) {
            if candidate.request.operation == .serverKeyGeneration {
                // To make a key may take long: no batch waits for that.
                return try await decideInRaces(candidate, deadline: deadline)
            }
            return try await core.ledger.writer.expectingOperation {
                try await decideInRaces(candidate, deadline: deadline)
            }
        }
        guard joined, let der = reply.certificate else { return reply }
        if candidate.request.operation == .serverKeyGeneration, candidate.requester.isShared {
            // The first may be another device, whose key is not this one's to have: judged as one that comes later.
            return try await decideInRaces(candidate, deadline: deadline)
        }
        let serial = Data(try Certificate(derEncoded: Array(der)).serialNumber.bytes)
        if let record = try core.ledger.read({
            try CertificateTable.find($0, authority: candidate.authority.name, serial: serial)
        }) {
            try await recordReplay(candidate, certificate: record)
        }
        return reply.replayed
    }

    /// Decides a request, anew as often as another one came first.
    private func decideInRaces(
        _ candidate: EnrollmentCandidate, deadline: ContinuousClock.Instant
    ) async throws -> EnrollReply {
        if let reply = try await issueUnseen(candidate, deadline: deadline) { return reply }
        for _ in 0..<Self.maximumRaces {
            do {
                return try await decide(candidate, deadline: deadline)
            } catch is RaceLost {
                continue
            }
        }
        throw ServiceError(.overloaded, "Too many requests for the same thing at once.", retryAfter: 1)
    }

    /// Signs before the ledger is asked about the request, which nearly always knows nothing of it: the writer asks in any
    /// case, in the transaction that records the certificate.
    ///
    /// - Returns: nil where the ledger does know of it, or of one of its names; then it is decided with all that there
    ///   is to know, and what was signed is discarded unseen.
    private func issueUnseen(
        _ candidate: EnrollmentCandidate, deadline: ContinuousClock.Instant
    ) async throws -> EnrollReply? {
        let now = core.seconds()
        guard ContinuousClock.now < deadline, candidate.mayBeUnseen(at: now),
            (try? core.requireRoomInOutbox()) != nil,
            // A refusal is for the other way to tell: an earlier outcome comes before it.
            let admitted = try? CandidateRules(candidate: candidate, now: now).admit()
        else { return nil }
        let claims = claims(of: candidate)
        // Past a limit it may yet be a repetition, which only the ledger knows: that is no refusal, and counted as none.
        guard core.issuanceLimits.takeIfFree(claims) else { return nil }
        do {
            return try await issue(candidate, admitted, device: candidate.requester.device, taken: claims)
        } catch is RaceLost {
            return nil
        } catch is ServiceError {
            // Several rules may refuse it: which of them is told is for the other way to find, in its order.
            return nil
        }
    }

    private func decide(
        _ original: EnrollmentCandidate, deadline: ContinuousClock.Instant
    ) async throws -> EnrollReply {
        guard ContinuousClock.now < deadline else {
            throw ServiceError(.deadlineExceeded, "The request came too late.")
        }
        let now = core.seconds()
        var (candidate, traces, recorded) = try core.ledger.read { db in
            let candidate = try refreshed(original, db)
            let traces = try candidate.traces(db)
            return (candidate, traces, try RecordedDecision.find(candidate, traces: traces, at: now, db))
        }
        if case .none = recorded, let secret = candidate.requester.secret {
            try RequesterAuthentication(label: candidate.label, authorities: core.authorities, now: now)
                .requireUsable(secret)
        }
        let protection = try serverKeys.protection(for: candidate, earlier: recorded.certificate, at: now)
        var approval: ApprovalRecord?
        var superseded: CertificateRecord?
        switch recorded {
        case .issued(let certificate) where candidate.request.operation == .serverKeyGeneration:
            switch try serverKeys.again(certificate, for: candidate, protection: protection) {
            case .sameMessage(let message):
                try await recordReplay(candidate, certificate: certificate)
                return .generated(certificate: certificate.der, key: .enveloped(message), replayed: true)
            case .freshPair: superseded = certificate
            }
        case .issued(let certificate):
            try await recordReplay(candidate, certificate: certificate)
            return .issued(certificate: certificate.der, replayed: true)
        case .approval(let record):
            switch record.state {
            case .waiting: return .pending(retryAfter: core.limits.pendingRetryAfter)
            case .denied: throw ServiceError(.deniedByOperator, "An operator has denied this request.")
            case .approved: approval = record
            }
        case .none: break
        }
        try core.requireRoomInOutbox()
        let admitted = try CandidateRules(candidate: candidate, now: now).admit()
        let device = try core.ledger.read { [candidate] db in
            let device = try NameRules.device(
                for: admitted.names, requester: candidate.requester, keySHA256: candidate.keySHA256,
                changesNames: candidate.changesNames, succeeding: superseded?.device, now: now, db)
            try KeyRules.requireAllowed(candidate, traces: traces, device: device, now: now, db)
            try ChangedNameRules.requireAllowed(candidate, db)
            return device
        }
        if candidate.label.approval == .manual && approval == nil && superseded == nil {
            return try await submitForApproval(candidate, admitted)
        }
        var made: ServerKeyGeneration.Made?
        if candidate.request.operation == .serverKeyGeneration {
            // A key takes long to make: not for one who may not have it.
            try core.issuanceLimits.take(claims(of: candidate))
            core.issuanceLimits.giveBack(claims(of: candidate))
            let key = try await serverKeys.make(for: candidate, protection: protection, deadline: deadline)
            candidate.keySHA256 = Data(SHA256.hash(data: key.publicKeyDER))
            made = key
        }
        return try await issue(
            candidate, admitted, device: device, approval: approval, superseded: superseded, serverKey: made)
    }

    /// Signs, records, and only then answers.
    ///
    /// - Parameter taken: what has been taken of the limits already; given back where there is no certificate.
    /// - Throws: ``RaceLost`` where the ledger does not agree with what was assumed of it.
    private func issue(
        _ candidate: EnrollmentCandidate, _ admitted: AdmittedRequest, device: Int64?,
        approval: ApprovalRecord? = nil, superseded: CertificateRecord? = nil,
        serverKey made: ServerKeyGeneration.Made? = nil, taken: [IssuanceLimits.Claim]? = nil
    ) async throws -> EnrollReply {
        let claims = taken ?? claims(of: candidate)
        if taken == nil { try core.issuanceLimits.take(claims) }
        let signed: SignedCertificate
        do {
            signed = try CertificateIssuance(core: core, candidate: candidate, admitted: admitted, serverKey: made)
                .sign(device: device, approval: approval, superseded: superseded, at: core.now())
            let transaction = IssuanceTransaction(candidate: candidate, signed: signed, now: core.milliseconds())
            try await core.ledger.writer.perform(counts: transaction.counts) { try transaction.record($0) }
        } catch {
            core.issuanceLimits.giveBack(claims)
            throw error
        }
        core.outboxGrew()
        if candidate.takesNewKeyOnNodesWord { core.metrics.newKey(node: candidate.node) }
        core.metrics.issued(label: candidate.label.name)
        return made.map { .generated(certificate: signed.der, key: $0.delivered, replayed: false) }
            ?? .issued(certificate: signed.der, replayed: false)
    }

    private func claims(of candidate: EnrollmentCandidate) -> [IssuanceLimits.Claim] {
        core.issuanceLimits.claims(of: candidate, labelRate: core.policy.labelRates[candidate.label.name])
    }

    /// The candidate with its secret as the ledger has it now: another use may have been burned since.
    private func refreshed(_ candidate: EnrollmentCandidate, _ db: Database) throws -> EnrollmentCandidate {
        guard let secret = candidate.requester.secret else { return candidate }
        var candidate = candidate
        guard let current = try SecretTable.find(db, id: secret.id), current.revokedAt == nil else {
            throw ServiceError(.credentialRefused, "The credential was refused.", reason: .secretRevoked)
        }
        candidate.requester.secret = current
        if current.isSpent { core.sharedSecrets.forget() }
        return candidate
    }
}

extension EnrollReply {
    /// The certificate, where there is one.
    fileprivate var certificate: Data? {
        switch self {
        case .issued(let certificate, _), .generated(let certificate, _, _): certificate
        case .pending: nil
        }
    }

    /// The same, as the answer to a repetition.
    fileprivate var replayed: EnrollReply {
        switch self {
        case .issued(let certificate, _): .issued(certificate: certificate, replayed: true)
        case .generated(let certificate, let key, _): .generated(certificate: certificate, key: key, replayed: true)
        case .pending: self
        }
    }
}

extension ServiceError.Code {
    /// Whether the code says that a request was judged and refused, where others say that it was not judged.
    fileprivate var isRefusal: Bool {
        switch self {
        case .overloaded, .deadlineExceeded, .shuttingDown, .auditBacklogFull, .unexpected, .unreachable: false
        default: true
        }
    }
}
