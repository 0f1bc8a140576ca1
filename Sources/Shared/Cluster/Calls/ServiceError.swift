/// The one error that crosses the wire between processes: a code, one sentence, and a cause that stays at home.
///
/// Two errors are equal when their codes are. The message may be shown to whoever sent the request; the cause is for
/// this process's log only and is never encoded.
package struct ServiceError: Error, Sendable {
    /// A stable, machine-readable name for what went wrong, in kebab case.
    package struct Code: RawRepresentable, Hashable, Sendable, Codable {
        package var rawValue: String

        package init(rawValue: String) {
            self.rawValue = rawValue
        }
    }

    package var code: Code

    /// One sentence for the one who asked. No path, no internal name, no secret.
    package var message: String

    /// How many seconds to wait before asking again, where that may help.
    package var retryAfter: Int?

    /// A second stable name, for the audit event only, where the answer must not tell: why a secret was refused, say.
    /// Crosses the wire, so that a frontend's own event can say it; never reaches a device.
    package var reason: Code?

    /// What led here. Stays in this process.
    package var cause: (any Error)?

    package init(
        _ code: Code, _ message: String, retryAfter: Int? = nil, reason: Code? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
        self.reason = reason
        self.cause = cause
    }
}

extension ServiceError: Equatable {
    package static func == (lhs: ServiceError, rhs: ServiceError) -> Bool {
        lhs.code == rhs.code
    }
}

extension ServiceError: CustomStringConvertible {
    package var description: String {
        cause.map { "\(code.rawValue): \(message) (\($0))" } ?? "\(code.rawValue): \(message)"
    }
}

extension ServiceError: Codable {
    private enum CodingKeys: String, CodingKey {
        case code, message, retryAfter, reason
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try container.decode(Code.self, forKey: .code),
            try container.decode(String.self, forKey: .message),
            retryAfter: try container.decodeIfPresent(Int.self, forKey: .retryAfter),
            reason: try container.decodeIfPresent(Code.self, forKey: .reason))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(code, forKey: .code)
        try container.encode(message, forKey: .message)
        try container.encodeIfPresent(retryAfter, forKey: .retryAfter)
        try container.encodeIfPresent(reason, forKey: .reason)
    }
}

extension ServiceError.Code {
    /// No room: the in-flight limit, a lane or a pool is full. Nothing was done.
    package static let overloaded = Self(rawValue: "overloaded")
    /// The peer is not there, or went away during the call: the outcome is unknown.
    package static let unreachable = Self(rawValue: "unreachable")
    /// The call's budget ran out: the outcome is unknown.
    package static let deadlineExceeded = Self(rawValue: "deadline-exceeded")
    /// The message could not be read as a call.
    package static let malformedMessage = Self(rawValue: "malformed-message")
    /// The message is of a version of the wire format that this process does not speak.
    package static let unsupportedVersion = Self(rawValue: "unsupported-version")
    /// The message, or the answer to it, is longer than this process may send.
    package static let messageTooLarge = Self(rawValue: "message-too-large")
    /// No method has this wire name.
    package static let unknownMethod = Self(rawValue: "unknown-method")
    /// The caller's role may not call this method.
    package static let notPermitted = Self(rawValue: "not-permitted")
    /// An error that nobody foresaw. The detail is in the log of the process where it happened.
    package static let unexpected = Self(rawValue: "unexpected")
}
