internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import PKI
internal import X509

/// Makes the signer's events (design §9).
struct EventComposer: Sendable {
    /// The signer's name, and the ledger's incarnation.
    var source: String
    var run: String

    func event(_ type: AuditEvent.Kind, at time: Date) -> AuditEvent {
        var event = AuditEvent(type, time: time)
        event.source = source
        event.run = run
        return event
    }

    /// What every event about a request has, before it is known who asks.
    func event(_ type: AuditEvent.Kind, at time: Date, request: EnrollRequest, node: String) -> AuditEvent {
        var event = event(type, at: time)
        event.node = node
        event.label = request.label
        event.operation = request.operation.rawValue
        event.remoteAddress = request.remoteAddress
        event.requestID = request.requestID
        event.channelBinding = request.channelBinding == .absent ? nil : request.channelBinding
        return event
    }

    /// What every event about an authenticated request has.
    ///
    /// - Parameter subject: the subject as it is written, where that has been done already.
    func event(
        _ type: AuditEvent.Kind, at time: Date, candidate: EnrollmentCandidate, subject: String? = nil
    ) -> AuditEvent {
        var event = event(type, at: time, request: candidate.request, node: candidate.node)
        event.profile = candidate.profile.name
        event.profileVersion = candidate.profile.version
        event.authentication = candidate.requester.authentication
        event.principal = candidate.requester.principal
        event.subject = subject ?? candidate.certificationRequest.subject.description
        event.spkiSHA256 = candidate.keySHA256.isEmpty ? nil : candidate.keySHA256.hexadecimal
        event.requestDigest = candidate.digest.hexadecimal
        event.idempotencyScope = candidate.idempotencyScope?.hexadecimal
        event.manufacturerIdentity = candidate.requester.manufacturer?.identity.hexadecimal
        event.manufacturerKeySHA256 = candidate.requester.manufacturer?.keySHA256.hexadecimal
        return event
    }

    /// - Parameter superseded: the certificate whose place this one takes.
    func issued(
        _ candidate: EnrollmentCandidate, certificate: CertificateFacts, superseded: CertificateRecord? = nil,
        at time: Date
    ) -> AuditEvent {
        var event = event(.issued, at: time, candidate: candidate, subject: certificate.subject)
        event.decision = .allowed
        event.supersedes = superseded?.serial.hexadecimal
        event.remarks = certificate.remarks.isEmpty ? nil : certificate.remarks
        fill(&event, certificate)
        return event
    }

    func replayed(_ candidate: EnrollmentCandidate, certificate: CertificateRecord, at time: Date) -> AuditEvent {
        var event = event(.replayed, at: time, candidate: candidate)
        event.decision = .allowed
        event.authority = certificate.authority
        event.serial = certificate.serial.hexadecimal
        event.device = certificate.device.map(DeviceIdentifier.text)
        event.fingerprint = SHA256.hash(data: certificate.der).hexadecimal
        return event
    }

    /// The refusal of a request, whether or not it got as far as being authenticated.
    func denied(
        _ error: ServiceError, request: EnrollRequest, node: String, candidate: EnrollmentCandidate?, at time: Date
    ) -> AuditEvent {
        var event =
            candidate.map { self.event(.denied, at: time, candidate: $0) }
            ?? self.event(.denied, at: time, request: request, node: node)
        event.decision = .denied
        event.names = candidate.map { $0.certificationRequest.names.map(\.description) }
        if let refused = error.cause as? RefusedSecret {
            event.principal = "secret:\(refused.id)"
        } else if let refused = error.cause as? RefusedCertificate {
            event.principal = refused.principal
            event.fingerprint = refused.fingerprint.hexadecimal
        }
        event.reason = (error.reason ?? error.code).rawValue
        event.reasonText = error.message
        if let limit = error.cause as? LimitReached, limit.claim.scope.isQuota { event.type = .alarm }
        return event
    }

    /// Refusals past a limit that have no events of their own.
    func limited(_ report: IssuanceLimits.Report, at time: Date) -> AuditEvent {
        var event = event(report.scope.isQuota ? .alarm : .coalesced, at: time)
        event.decision = .denied
        event.reason = report.scope.rawValue
        event.reasonText = "Requests past the limit, which have no events of their own."
        switch report.scope {
        case .identity, .replays: event.principal = report.key
        case .label: event.label = report.key
        case .nodeEnrollments, .nodeNewKeys: event.node = report.key
        }
        event.count = report.count
        return event
    }

    /// What an operator does.
    func administration(_ type: AuditEvent.Kind, by person: String, at time: Date) -> AuditEvent {
        var event = event(type, at: time)
        event.decision = .allowed
        event.authentication = .localUser
        event.operator = person
        return event
    }

    /// An operator revokes a certificate.
    func revoked(
        _ record: CertificateRecord, reason: RevocationReason, scope: AuditEvent.Scope, by person: String,
        at time: Date
    ) throws -> AuditEvent {
        var event = administration(.revoked, by: person, at: time)
        event.scope = scope
        event.authority = record.authority
        event.serial = record.serial.hexadecimal
        event.device = record.device.map(DeviceIdentifier.text)
        event.label = record.label
        event.revocationReason = reason.rawValue
        event.fingerprint = SHA256.hash(data: record.der).hexadecimal
        event.spkiSHA256 = SHA256.hash(data: try record.publicKeyDER()).hexadecimal
        return event
    }

    func fill(_ event: inout AuditEvent, _ certificate: CertificateFacts) {
        event.authority = certificate.authority
        event.serial = certificate.serial.hexadecimal
        event.device = certificate.device.map(DeviceIdentifier.text)
        event.subject = certificate.subject
        event.names = certificate.names
        event.certificate = certificate.der
        event.fingerprint = SHA256.hash(data: certificate.der).hexadecimal
        event.notBefore = AuditEvent.timestamp(Date(timeIntervalSince1970: Double(certificate.notBefore)))
        event.notAfter = AuditEvent.timestamp(Date(timeIntervalSince1970: Double(certificate.notAfter)))
    }
}

/// What an event says of a new certificate.
struct CertificateFacts: Sendable {
    var authority: String
    var serial: Data
    var device: Int64?
    var der: Data
    var subject: String
    var names: [String]
    /// In seconds since 1970.
    var notBefore: Int64
    var notAfter: Int64
    /// What was tolerated.
    var remarks: [String]
}
