internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import Synchronization
internal import X509

/// A signer in memory: issues real certificates, does what a test tells it, and remembers what it was asked.
final class StandInSigner: SigningBackend {
    struct Script: Sendable {
        var secrets: Set<String> = ["right-secret"]
        /// Thrown by every enrollment.
        var enrollmentError: ServiceError?
        /// Answered instead of a certificate.
        var pending: Int?
        /// The key that `serverkeygen` answers with; nil for the real one, in clear.
        var deliveredKey: DeliveredKey?
        var isUp = true
        /// Enrollments wait while this is true.
        var holdsEnrollments = false
        /// Questions about secrets wait while this is true.
        var holdsAuthentications = false
        var answersPings = true
        var nodeCertificateValidity: TimeInterval = 86_400
        /// How long the certificate has been valid when it is issued.
        var nodeCertificateAge: TimeInterval = 1
        var nodeCertificateError: ServiceError?
        /// The newest CRL of the authority `devices`.
        var revocationList: TestRevocationList?
        /// The longest part of a CRL that is sent at once.
        var revocationListPartBytes = RevocationListPart.maximumBytes
        /// Thrown by every question about a certificate.
        var statusError: ServiceError?
        /// Serial numbers of the certificates that were issued, and of those that are revoked.
        var issuedSerials: Set<[UInt8]> = []
        var revokedSerials: Set<[UInt8]> = []
        /// Questions about certificates wait while this is true.
        var holdsStatuses = false
        var statusLifetime: Int64 = 7 * 86_400
        /// The CRL that answers about certificates are said to go with; that of `revocationList` where there is none.
        var statusListNumber: Int64?
    }

    let authority: TestAuthority
    let catalogueKey = Curve25519.Signing.PrivateKey()
    let script = Mutex(Script())
    private let signingKey = Mutex<Curve25519.Signing.PrivateKey?>(nil)
    private let catalogueInForce: Mutex<Catalogue>
    private let enrollments = Mutex<[EnrollRequest]>([])
    private let authentications = Mutex<[AuthenticateRequest]>([])
    private let reports = Mutex<[NodeReport]>([])
    private let nodeCertificates = Mutex(0)
    private let statusQuestions = Mutex<[CertificateStatusRequest]>([])
    private let listRequests = Mutex<[RevocationListRequest]>([])

    init(authority: TestAuthority, catalogue: Catalogue) {
        self.authority = authority
        catalogueInForce = Mutex(catalogue)
    }

    var received: [EnrollRequest] { enrollments.withLock { $0 } }
    var authenticated: [AuthenticateRequest] { authentications.withLock { $0 } }
    var reportCount: Int { reports.withLock { $0.count } }
    var lastReport: NodeReport? { reports.withLock { $0.last } }
    var statusesAsked: [CertificateStatusRequest] { statusQuestions.withLock { $0 } }
    var listsAsked: [RevocationListRequest] { listRequests.withLock { $0 } }
    var nodeCertificatesIssued: Int { nodeCertificates.withLock { $0 } }

    func set(_ change: (inout Script) -> Void) {
        script.withLock { change(&$0) }
    }

    /// From now on the catalogue is signed by a key that the frontend does not know.
    func signsWithAnotherKey() {
        signingKey.withLock { $0 = Curve25519.Signing.PrivateKey() }
    }

    func changeCatalogue(_ change: (inout Catalogue) -> Void) {
        catalogueInForce.withLock { change(&$0) }
    }

    func enroll(_ request: EnrollRequest) async throws -> EnrollReply {
        enrollments.withLock { $0.append(request) }
        while script.withLock({ $0.holdsEnrollments }) {
            try await Task.sleep(for: .milliseconds(5))
        }
        let script = script.withLock { $0 }
        if let error = script.enrollmentError { throw error }
        if let secret = request.secret, !script.secrets.contains(secret.revealed) {
            throw ServiceError(.credentialRefused, "The secret is not right.", reason: .secretUnknown)
        }
        if let pending = script.pending { return .pending(retryAfter: pending) }
        if request.operation == .serverKeyGeneration {
            let parsed = try CertificationRequest(forServerKey: Array(request.certificationRequest))
            let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
            return .generated(
                certificate: try authority.issue(subject: parsed.subject, key: key.publicKey).der,
                key: try script.deliveredKey ?? .plain(SecretBytes(Data(key.serializeAsPEM().derBytes))),
                replayed: false)
        }
        let parsed = try CertificationRequest(derEncoded: Array(request.certificationRequest))
        let key = try Certificate.PublicKey(derEncoded: parsed.publicKeyDER)
        let certificate = try authority.issue(subject: parsed.subject, key: key)
        return .issued(certificate: try certificate.der, replayed: false)
    }

    func authenticate(_ request: AuthenticateRequest) async throws -> Done {
        authentications.withLock { $0.append(request) }
        while script.withLock({ $0.holdsAuthentications }) {
            try await Task.sleep(for: .milliseconds(5))
        }
        guard script.withLock({ $0.secrets.contains(request.secret.revealed) }) else {
            throw ServiceError(.credentialRefused, "The secret is not right.", reason: .secretUnknown)
        }
        return Done()
    }

    func ping(_ request: PingRequest) async throws -> PingReply {
        reports.withLock { $0.append(request.report) }
        guard script.withLock({ $0.answersPings }) else {
            throw ServiceError(.deadlineExceeded, "No answer.")
        }
        return PingReply(
            catalogueVersion: catalogueInForce.withLock { $0.version },
            revocationLists: script.withLock { $0.revocationList.map { ["devices": $0.number] } ?? [:] })
    }

    func catalogue(_ request: CatalogueRequest) async throws -> SignedCatalogue {
        try SignedCatalogue(catalogueInForce.withLock { $0 }, key: signingKey.withLock { $0 } ?? catalogueKey)
    }

    func nodeCertificate(_ request: NodeCertificateRequest) async throws -> NodeCertificateReply {
        let script = script.withLock { $0 }
        if let error = script.nodeCertificateError { throw error }
        let parsed = try CertificationRequest(derEncoded: Array(request.certificationRequest))
        let certificate = try authority.issue(
            "localhost", key: try Certificate.PublicKey(derEncoded: parsed.publicKeyDER),
            .init(
                names: [.dnsName("localhost")], usages: [.serverAuth],
                notBefore: .now.addingTimeInterval(-script.nodeCertificateAge),
                notAfter: .now.addingTimeInterval(script.nodeCertificateValidity)))
        nodeCertificates.withLock { $0 += 1 }
        return NodeCertificateReply(chain: [try certificate.der, try authority.issuing.der])
    }

    func revocationList(_ request: RevocationListRequest) async throws -> RevocationListPart {
        listRequests.withLock { $0.append(request) }
        let script = script.withLock { $0 }
        guard request.authority == "devices", let list = script.revocationList else {
            throw ServiceError(.notFound, "There is no CRL.")
        }
        let offset = request.number == list.number ? request.offset : 0
        return RevocationListPart(
            number: list.number, thisUpdate: list.thisUpdate, nextUpdate: list.nextUpdate,
            totalBytes: list.bytes.count, offset: offset,
            bytes: Data(list.bytes.dropFirst(offset).prefix(script.revocationListPartBytes)))
    }

    func certificateStatus(_ request: CertificateStatusRequest) async throws -> CertificateStatusReply {
        statusQuestions.withLock { $0.append(request) }
        while script.withLock({ $0.holdsStatuses }) {
            try await Task.sleep(for: .milliseconds(5))
        }
        let script = script.withLock { $0 }
        if let error = script.statusError { throw error }
        let serial = Array(request.serial)
        guard script.issuedSerials.contains(serial) else {
            throw ServiceError(.notFound, "There is no such certificate.")
        }
        let now = Int64(Date.now.timeIntervalSince1970)
        let isRevoked = script.revokedSerials.contains(serial)
        let issuer = try OCSPIssuer(certificate: Array(authority.issuing.der))
        let response = OCSPResponse(
            issuer: issuer, identifierHash: request.identifierHash == .sha1 ? .sha1 : .sha256, serial: serial,
            status: isRevoked ? .revoked(at: now - 10, reason: .keyCompromise) : .good,
            thisUpdate: now, nextUpdate: now + script.statusLifetime)
        // The authority's own key may sign as well (RFC 6960 §4.2.2.2).
        let contents = response.toBeSigned(responder: issuer)
        return CertificateStatusReply(
            response: Data(
                OCSPResponse.encode(
                    toBeSigned: contents, signatureAlgorithm: .ecdsaWithSHA256, signature: try authority.sign(contents),
                    certificates: [try Array(authority.issuing.der)])),
            thisUpdate: now, nextUpdate: now + script.statusLifetime,
            revocationListNumber: script.statusListNumber ?? script.revocationList?.number ?? 1)
    }
}

/// An auditor in memory that stores each event once, in order, and refuses gaps.
final class StandInAuditor: AuditBackend {
    func witness(_ request: WitnessReport) async throws -> Done { Done() }

    func events(_ request: StoredEventsRequest) async throws -> StoredEventsReply {
        throw ServiceError(.notPermitted, "Only the signer asks for its events.")
    }

    private struct State {
        var isUp = true
        /// Events with this reason are refused.
        var refusedReason: String?
        /// The most lines of a message.
        var maximumLines = Int.max
        var events: [String: [AuditEvent]] = [:]
        var positions: [EventPositionRequest] = []
    }

    private let state = Mutex(State())

    func setUp(_ isUp: Bool) {
        state.withLock { $0.isUp = isUp }
    }

    func refuses(reason: String) {
        state.withLock { $0.refusedReason = reason }
    }

    func takesAtOnce(_ lines: Int) {
        state.withLock { $0.maximumLines = lines }
    }

    /// As after the restore of an older copy.
    func store(_ events: [AuditEvent], run: String) {
        state.withLock { $0.events[run] = events }
    }

    /// What it was asked, or told as a sign of life.
    var positions: [EventPositionRequest] {
        state.withLock { $0.positions }
    }

    func events(ofRun run: String) -> [AuditEvent] {
        state.withLock { $0.events[run] ?? [] }
    }

    /// The events of all runs, in order within each.
    var events: [AuditEvent] {
        state.withLock { $0.events.values.flatMap { $0 } }
    }

    var denials: [AuditEvent] {
        events.filter { $0.type == .denied }
    }

    func append(_ request: AppendEventsRequest) async throws -> AppendEventsReply {
        try state.withLock { state in
            guard state.isUp else { throw ServiceError(.unreachable, "The auditor is away.") }
            guard request.lines.count <= state.maximumLines else {
                throw ServiceError(.messageTooLarge, "Too many lines.")
            }
            var stored = state.events[request.run] ?? []
            for (offset, line) in request.lines.enumerated() {
                let sequence = request.firstSequence + Int64(offset)
                let event = try AuditEvent(line: line)
                guard event.sequence == sequence, event.run == request.run, event.reason != state.refusedReason ?? ""
                else {
                    throw ServiceError(.invalidEvent, "The line has another number, or it is not to be taken.")
                }
                guard sequence > Int64(stored.count) else {
                    guard stored[Int(sequence) - 1] == event else { throw ServiceError(.eventConflict, "Another.") }
                    continue
                }
                guard sequence == Int64(stored.count) + 1 else { throw ServiceError(.eventGap, "A gap.") }
                stored.append(event)
            }
            state.events[request.run] = stored
            return AppendEventsReply(acknowledgedSequence: Int64(stored.count), logSize: Int64(stored.count))
        }
    }

    func position(_ request: EventPositionRequest) async throws -> AppendEventsReply {
        let count = state.withLock { state in
            state.positions.append(request)
            return Int64(state.events[request.run]?.count ?? 0)
        }
        return AppendEventsReply(acknowledgedSequence: count, logSize: count)
    }

    func updateNodes(_ request: UpdateNodesRequest) async throws -> Done { Done() }
}
