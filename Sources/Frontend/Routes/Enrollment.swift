internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import HTTPTypes
internal import NIOCore
internal import PKI
internal import SecureConnections

/// One request to `simpleenroll`, `simplereenroll` or `serverkeygen`.
struct Enrollment {
    let operation: EnrollmentOperation
    let label: ServedLabel
    let connection: ClientConnection
    let requestID: String

    // What is found on the way, for a refusal.
    private(set) var client = ClientVerdict.absent
    private(set) var secret = PresentedSecret.none
    private(set) var request: CertificationRequest?
    /// Whether the client has not shown any credential yet: many ask without one first, and that is no failure.
    private(set) var isFirstContact = false

    private static let maximumIdempotencyKeyBytes = 255

    init(operation: EnrollmentOperation, label: ServedLabel, connection: ClientConnection, requestID: String) {
        self.operation = operation
        self.label = label
        self.connection = connection
        self.requestID = requestID
    }

    /// Looks at who asks, as far as that costs nothing.
    ///
    /// - Throws: ``ServiceError`` with code `credential-required` where there is no credential, or only a certificate that
    ///   is none here, on a label that takes secrets; what ``ClientConnection/verdict(on:at:judgements:)`` throws.
    mutating func readCredentials(_ headers: HTTPFields, judgements: PathJudgements) async throws {
        // On a label that takes no secrets an Authorization header means nothing; nor does it for a renewal, whose
        // credential is the certificate (RFC 7030 §4.2.2).
        let takesSecrets = operation != .simpleReenroll && label.description.acceptsSecrets
        let secret = takesSecrets ? try PresentedSecret(headers) : .none
        self.secret = secret
        client = try await connection.verdict(on: label, at: .now, judgements: judgements)
        if takesSecrets, secret == .none, !client.mayEnroll {
            isFirstContact = true
            throw ServiceError(.credentialRequired, "No credential was given.")
        }
    }

    var presentsSecret: Bool { secret != .none }

    /// The secret that the outcome hangs on.
    var decisiveSecret: Secret? { secret.value }

    mutating func perform(body: ByteBuffer, headers: HTTPFields) async throws -> Answer {
        let idempotencyKey = try Self.idempotencyKey(headers)
        let layout = Base64Body.layout(of: body.readableBytesView)
        let (der, request) = try read(body)
        self.request = request
        if operation == .serverKeyGeneration {
            try label.description.requireKeyProtection(of: request)
        }
        let binding = try ChannelBinding(
            connection.security, label: label.description, client: client, operation: operation
        )
        .compare(request.challengePassword)
        guard secret != .unusable else {
            throw ServiceError(.credentialRefused, "The secret can't be read.", reason: .secretUnknown)
        }
        if let refusal = forbids(request, secret: secret) {
            // A reason goes only to a client that proved who it is: with a wrong secret this throws, and the answer
            // is the same as to any wrong secret.
            if case .secret(let secret) = secret {
                try await authenticate(secret, for: .reason)
            }
            throw refusal
        }
        let reply = try await callSigner { signer in
            try await Self.pass(
                EnrollRequest(
                    operation: operation, label: label.description.name, certificationRequest: Data(der),
                    clientChain: connection.security.clientChain, secret: secret.value, channelBinding: binding,
                    idempotencyKey: idempotencyKey, requestID: requestID, remoteAddress: connection.remoteAddress),
                isUrgent: isUrgent(at: .now), to: signer)
        }
        return try answer(reply, to: request, layout: layout)
    }

    /// Which of two were meant nobody can know; joined they would be a third.
    private static func idempotencyKey(_ headers: HTTPFields) throws -> String? {
        let keys = headers[values: .idempotencyKey]
        guard let key = keys.first else { return nil }
        guard keys.count == 1, (1...maximumIdempotencyKeyBytes).contains(key.utf8.count) else {
            throw ServiceError(
                .malformedRequest, "One Idempotency-Key of 1 to \(maximumIdempotencyKeyBytes) characters is expected.")
        }
        return key
    }

    private func answer(
        _ reply: EnrollReply, to request: CertificationRequest, layout: Base64Body.Layout
    ) throws -> Answer {
        switch reply {
        case .issued(let certificate, _) where operation != .serverKeyGeneration:
            return .certificates(
                ByteBuffer(string: Base64Body.encode(CertsOnlyMessage.encode([Array(certificate)]), layout: layout)))
        case .generated(let certificate, let key, _) where operation == .serverKeyGeneration:
            // Whatever happens behind: no key goes out in clear that was to be encrypted.
            if case .plain = key, request.keyProtection != nil || label.description.serverKeyGeneration != .plain {
                throw ServiceError(.unexpected, "The signer answered with a key that is not encrypted.")
            }
            return .serverKey(key, certificate: certificate, layout: layout)
        case .issued, .generated:
            throw ServiceError(.unexpected, "The signer answered to another operation.")
        case .pending(let retryAfter):
            return Answer(.accepted, headers: [.retryAfter: String(retryAfter)])
        }
    }

    private func read(_ body: ByteBuffer) throws -> ([UInt8], CertificationRequest) {
        do {
            let der = try Base64Body.decode(body.readableBytesView)
            return (
                der,
                try operation == .serverKeyGeneration
                    ? CertificationRequest(forServerKey: der) : CertificationRequest(derEncoded: der)
            )
        } catch let error as CertificationRequestError {
            throw ServiceError(error.code == .badSignature ? .badSignature : .malformedRequest, error.message)
        }
    }

    // MARK: - What is forbidden whoever asks

    /// Why the answer is 401 or 403, as far as this can be told here; nil where the signer is to be asked.
    private func forbids(_ request: CertificationRequest, secret: PresentedSecret) -> ServiceError? {
        if let error = credentialError(secret) { return error }
        let renewed = operation == .simpleReenroll ? client.certificate?.leaf : nil
        if let renewed, let difference = RenewalNames.difference(request: request, certificate: renewed) {
            return ServiceError(.nameMismatch, difference)
        }
        // Beside a secret only the signer knows whether this certificate is the identity, or counts as absent.
        if secret == .none, case .manufacturer(let certificate, let name) = client {
            let names = ManufacturerNames(
                rules: label.description.manufacturerNames, certificate: certificate.leaf, manufacturer: name)
            if let violation = names.refusal(of: request) {
                return ServiceError(.profileViolation, violation.message)
            }
        }
        do {
            let now = Int64(Date.now.timeIntervalSince1970)
            _ =
                try operation == .serverKeyGeneration
                ? label.profile.admitForServerKey(request, now: now)
                : label.profile.admit(
                    request, now: now, changesNames: renewed != nil && label.description.allowsChangeOfSubjectName,
                    renewing: renewed)
        } catch let violation as ProfileViolation {
            return ServiceError(.profileViolation, violation.message)
        } catch {
            return ServiceError(.unexpected, "An unexpected error.", cause: error)
        }
        return nil
    }

    /// The rules of design §6 on who may ask for what with which credential.
    private func credentialError(_ secret: PresentedSecret) -> ServiceError? {
        if operation == .simpleReenroll {
            return client.mayRenew ? nil : client.refusal
        }
        if client.mayEnroll {
            guard label.description.requires == .both, secret == .none else { return nil }
            return ServiceError(.credentialRequired, "A secret is needed beside the certificate.")
        }
        // An expired or untrusted certificate counts as absent where a secret is there.
        return label.description.requires == .both || secret == .none ? client.refusal : nil
    }

    // MARK: - The signer

    /// Asks the signer about the secret before anything else is done with the request.
    func requireKnown(_ secret: Secret) async throws {
        try await authenticate(secret, for: .admission)
    }

    private func authenticate(_ secret: Secret, for purpose: AuthenticateRequest.Purpose) async throws {
        _ = try await callSigner { signer in
            try await signer.authenticate(
                AuthenticateRequest(
                    label: label.description.name, secret: secret, purpose: purpose, requestID: requestID,
                    remoteAddress: connection.remoteAddress))
        }
    }

    private func callSigner<Reply>(_ body: (any SigningBackend) async throws -> Reply) async throws -> Reply {
        do {
            return try await label.signer.call(body)
        } catch let error as ServiceError {
            switch error.code {
            // What the signer never saw, or has no answer to, it can't have recorded.
            case .overloaded, .unreachable, .deadlineExceeded, .messageTooLarge, .malformedMessage, .unsupportedVersion:
                throw error
            default: throw SignerRefusal(error: error)
            }
        }
    }
}
