internal import ClusterProtocol
internal import ClusterTransport

/// Why a command did not do what it was asked for, in a sentence, and what the operator can do about it.
struct Failure: Error, CustomStringConvertible, Equatable {
    var message: String
    var hint: String?
    /// Whether what was asked for may have been done all the same.
    var isOutcomeUnknown = false

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    var description: String {
        hint.map { "\(message)\n\($0)" } ?? message
    }
}

extension Failure {
    /// What may also go wrong after the request was carried out.
    private static let codesOfUnknownOutcome: Set<ServiceError.Code> = [
        .unreachable, .deadlineExceeded, .unexpected, .malformedMessage, .messageTooLarge,
    ]

    /// What a process of the cluster answered, or that it did not answer.
    init(_ error: ServiceError, from process: String, state: StateDirectory) {
        switch error.code {
        case .unreachable:
            self.init(
                "The \(process) went away, or does not answer: nobody knows whether the request was carried out.",
                hint: "See whether it runs with `estuary status --state \(state.quoted)`, and ask again.")
        case .deadlineExceeded:
            self.init(
                "The \(process) did not answer in time: nobody knows whether the request was carried out.",
                hint: "See what it is busy with in `estuary status --state \(state.quoted)`, and ask again.")
        case .overloaded:
            self.init(error.message, hint: "Ask again in \(error.retryAfter ?? 5) seconds.")
        case .notPermitted:
            self.init(error.message, hint: "Run the command as the user who runs the \(process), or as root.")
        case .notFound: self.init(error.message, hint: "The matching `list` command shows what there is.")
        case .unknownMethod, .unsupportedVersion:
            self.init(
                error.message, hint: "The \(process) is of another version than this command. Use matching versions.")
        case .unexpected:
            self.init(error.message, hint: "The \(process)'s log has the cause.")
        default:
            self.init(error.message)
        }
        isOutcomeUnknown = Self.codesOfUnknownOutcome.contains(error.code)
    }
}
