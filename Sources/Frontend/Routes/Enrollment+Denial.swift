internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import PKI
internal import X509

extension Enrollment {
    /// The audit event of a refusal that this frontend decided on.
    ///
    /// A user name, the Authorization header and the challengePassword are never in it (design §9).
    func denial(_ error: ServiceError) -> AuditEvent {
        var event = AuditEvent(.denied, time: Date.now)
        event.decision = .denied
        event.reason = (error.reason ?? error.code).rawValue
        event.reasonText = error.message
        event.label = label.description.name
        event.profile = label.profile.name
        event.profileVersion = label.profile.version
        event.operation = operation.rawValue
        event.authority = label.authority.name
        // What was shown, not what was found good: the secret may well be a wrong one.
        event.authentication =
            switch (client.mayEnroll || client.mayRenew, presentsSecret) {
            case (true, true): client.isManufacturers ? .manufacturerAndSecret : .certificateAndSecret
            case (true, false): client.isManufacturers ? .manufacturer : .certificate
            case (false, true): .secret
            case (false, false): AuditEvent.Authentication.none
            }
        event.principal = client.principal
        event.fingerprint = client.refusedCertificate?.fingerprint.hexadecimal
        event.remoteAddress = connection.remoteAddress
        event.requestID = requestID
        if let request {
            event.subject = request.subject.description
            event.names = request.names.map(\.description)
            if operation != .serverKeyGeneration {
                event.spkiSHA256 = SHA256.hash(data: request.publicKeyDER).hexadecimal
            }
        }
        return event
    }
}
