internal import HTTPTypes

/// An operation of EST as it stands in a path (RFC 7030 §3.2.2), and what its requests have to look like.
enum ESTOperation: String, CaseIterable, Sendable {
    case caCertificates = "cacerts"
    case csrAttributes = "csrattrs"
    case simpleEnroll = "simpleenroll"
    case simpleReenroll = "simplereenroll"
    case fullCMC = "fullcmc"

    var method: HTTPRequest.Method {
        switch self {
        case .caCertificates, .csrAttributes: .get
        case .simpleEnroll, .simpleReenroll, .fullCMC: .post
        }
    }

    /// The media type that a request's body must have; nil where that does not matter.
    var mediaType: String? {
        switch self {
        case .simpleEnroll, .simpleReenroll: "application/pkcs10"
        case .caCertificates, .csrAttributes, .fullCMC: nil
        }
    }
}

/// Where a request goes: an operation on a label.
struct Route: Sendable {
    var operation: ESTOperation
    var label: ServedLabel
}

/// The path of a request, taken apart.
struct ESTPath: Equatable {
    static let prefix = "/.well-known/est/"
    /// The label of a path without one.
    static let standardLabel = "default"

    var label: String
    var operation: ESTOperation

    /// - Parameter target: The request target without scheme and authority. A query plays no part.
    ///
    /// Nothing is decoded or normalised: a path that is not written as we write it is none of ours, so that no
    /// spelling reaches another label than it shows.
    init?(_ target: String) {
        let path = target.prefix { $0 != "?" }
        guard path.hasPrefix(Self.prefix) else { return nil }
        let segments = path.dropFirst(Self.prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        switch segments.count {
        case 1:
            guard let operation = ESTOperation(rawValue: String(segments[0])) else { return nil }
            self.init(label: Self.standardLabel, operation: operation)
        case 2:
            guard let operation = ESTOperation(rawValue: String(segments[1])), !segments[0].isEmpty else { return nil }
            self.init(label: String(segments[0]), operation: operation)
        default:
            return nil
        }
    }

    private init(label: String, operation: ESTOperation) {
        self.label = label
        self.operation = operation
    }
}
