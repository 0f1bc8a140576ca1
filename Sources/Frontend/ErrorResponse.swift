internal import ClusterProtocol
internal import ClusterTransport
internal import HTTPTypes
internal import NIOCore

/// A refusal as a client sees it: the one place where codes become statuses (design §5, the table).
///
/// The text is one sentence for the one who asked; the cause stays in the log.
struct ErrorResponse: Error, Sendable, Equatable {
    var status: HTTPResponse.Status
    /// Empty: the answer has no body.
    var message: String
    /// In seconds.
    var retryAfter: Int?
    /// The methods that the path takes, on 405.
    var allow: String?
    /// A `WWW-Authenticate` each, on 401.
    var challenges: [String] = []
    /// Where the detail is found in the log, on 500.
    var requestID: String?

    var answer: Answer {
        var headers: HTTPFields = message.isEmpty ? [:] : [.contentType: "text/plain; charset=utf-8"]
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        if let allow { headers[.allow] = allow }
        if let requestID { headers[.requestID] = requestID }
        for challenge in challenges {
            headers.append(HTTPField(name: .wwwAuthenticate, value: challenge))
        }
        return Answer(status, headers: headers, body: ByteBuffer(string: message.isEmpty ? "" : message + "\n"))
    }
}

extension HTTPField.Name {
    static let requestID = Self("X-Request-ID")!
}

// MARK: - What went wrong in HTTP

extension ErrorResponse {
    static let notFound = ErrorResponse(status: .notFound, message: "There is no such label or operation.")
    static let malformedHTTP = ErrorResponse(status: .badRequest, message: "This is not a request that HTTP allows.")
    static let headTooLarge = ErrorResponse(
        status: .requestHeaderFieldsTooLarge, message: "The request's header fields are too long.")
    static let targetTooLong = ErrorResponse(
        status: .uriTooLong, message: "The path of the request is too long.")
    static let bodyTooLarge = ErrorResponse(status: .contentTooLarge, message: "The request's body is too long.")
    /// With everything that the frontend adds, it is more than the signer takes.
    static let tooLargeForSigner = ErrorResponse(status: .contentTooLarge, message: "The request is too long.")
    static let tooSlow = ErrorResponse(status: .requestTimeout, message: "The request did not arrive in time.")
    static let notImplemented = ErrorResponse(status: .notImplemented, message: "Full CMC is not served here.")

    /// The same words whatever was wrong, and no challenge.
    static func tooManyFailures(retryAfter: Int) -> ErrorResponse {
        ErrorResponse(
            status: .tooManyRequests, message: "Too many attempts from this address have failed; try again later.",
            retryAfter: jittered(retryAfter))
    }

    static func methodNotAllowed(allow: String) -> ErrorResponse {
        ErrorResponse(status: .methodNotAllowed, message: "This path takes \(allow) only.", allow: allow)
    }

    static func unsupportedMediaType(expected: String) -> ErrorResponse {
        ErrorResponse(
            status: .unsupportedMediaType, message: "The Content-Type of the request must be \(expected).")
    }

    /// - Parameter plan: What the head alone decided.
    init(_ refusal: RequestGate.Refusal, byHead plan: ErrorResponse?) {
        self =
            switch refusal {
            case .byHead: plan ?? .malformedHTTP
            case .bodyTooLarge: .bodyTooLarge
            case .headTooLarge: .headTooLarge
            case .targetTooLong: .targetTooLong
            case .malformed: .malformedHTTP
            case .tooSlow: .tooSlow
            }
    }

    static var shuttingDown: ErrorResponse {
        ErrorResponse(ServiceError(.shuttingDown, "This server is shutting down."))
    }

    static var noRevocationList: ErrorResponse {
        ErrorResponse(
            status: .serviceUnavailable, message: "There is no list of this authority yet; ask again later.",
            retryAfter: jittered(4))
    }

    static var notReady: ErrorResponse {
        ErrorResponse(ServiceError(.unreachable, "This server is starting."))
    }
}

// MARK: - What a service refused

extension ErrorResponse {
    /// - Parameter challenges: What the label takes as `WWW-Authenticate`; sent with 401 only.
    init(_ error: any Error, challenges: [String] = []) {
        guard let error = error as? ServiceError else {
            self = .unexpected
            return
        }
        switch error.code {
        case .malformedRequest, .badSignature, .channelBindingMismatch, .channelBindingRequired,
            .keyEncryptionRequired, .keyEncryptionUnsupported:
            self.init(status: .badRequest, message: error.message)
        case .credentialRequired:
            // No more than the challenge: Bouncy Castle's client, which always asks without a credential first, gives up
            // when this answer has a body.
            self.init(status: .unauthorized, message: "", challenges: challenges)
        case .credentialRefused:
            // The same words whatever was wrong: an answer that told would help to guess.
            self.init(
                status: .unauthorized, message: "An enrollment secret or a client certificate is needed here.",
                challenges: challenges)
        case .certificateRequired, .certificateUntrusted, .certificateOutsideValidity, .certificateRevoked,
            .profileViolation, .nameHeld, .nameBlocked, .keyBlocked, .keyInUse, .secretNotForName, .nameMismatch,
            .sameKeyRequired, .deniedByOperator, .decryptionKeyUnknown:
            self.init(status: .forbidden, message: error.message)
        case .unknownLabel, .nodeNotForLabel:
            self = .notFound
        case .idempotencyConflict, .keyAlreadyDelivered:
            self.init(status: .conflict, message: error.message)
        case .tooManyPending:
            self.init(
                status: .tooManyRequests, message: error.message, retryAfter: Self.jittered(error.retryAfter ?? 60))
        case .tooManyRequests:
            // Exact, so that the client is served when it comes back. Of a label's next place each of many is told the same
            // time: they come back one after another.
            let retryAfter = max(1, error.retryAfter ?? 60)
            self.init(
                status: .tooManyRequests, message: error.message,
                retryAfter: error.reason?.rawValue == "label-rate" ? Self.jittered(retryAfter) : retryAfter)
        case .nodeQuotaReached:
            // Not the client's fault, and another frontend may serve it.
            self.init(
                status: .serviceUnavailable, message: "The service is busy; ask again later.",
                retryAfter: Self.jittered(error.retryAfter ?? 60))
        case .overloaded, .auditBacklogFull, .shuttingDown:
            self.init(
                status: .serviceUnavailable, message: "The service is busy; ask again later.",
                retryAfter: Self.jittered(error.retryAfter ?? 8))
        case .messageTooLarge:
            self = .tooLargeForSigner
        case .unreachable, .deadlineExceeded, .malformedMessage, .unsupportedVersion:
            // The last two: the nodes are of versions that don't understand each other, while an upgrade is under way.
            self.init(
                status: .serviceUnavailable, message: "The service can't issue certificates now; ask again later.",
                retryAfter: Self.jittered(error.retryAfter ?? 4))
        default:
            self = .unexpected
        }
    }

    private static let unexpected = ErrorResponse(
        status: .internalServerError, message: "Something went wrong on the server's side.")

    /// Up to half as long again, so that devices that were turned away together don't come back together.
    private static func jittered(_ seconds: Int) -> Int {
        let seconds = max(1, seconds)
        return seconds + Int.random(in: 0...max(1, seconds / 2))
    }
}
