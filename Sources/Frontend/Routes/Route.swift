internal import ClusterProtocol
internal import HTTPTypes

/// An operation of EST as it stands in a path (RFC 7030 §3.2.2), and what its requests have to look like.
enum ESTOperation: String, CaseIterable, Sendable {
    case caCertificates = "cacerts"
    case csrAttributes = "csrattrs"
    case simpleEnroll = "simpleenroll"
    case simpleReenroll = "simplereenroll"
    case serverKeyGeneration = "serverkeygen"
    case fullCMC = "fullcmc"

    var method: HTTPRequest.Method {
        switch self {
        case .caCertificates, .csrAttributes: .get
        case .simpleEnroll, .simpleReenroll, .serverKeyGeneration, .fullCMC: .post
        }
    }

    /// What of it stands before the signer; nil for what it is not asked about.
    var enrollment: EnrollmentOperation? {
        switch self {
        case .simpleEnroll: .simpleEnroll
        case .simpleReenroll: .simpleReenroll
        case .serverKeyGeneration: .serverKeyGeneration
        case .caCertificates, .csrAttributes, .fullCMC: nil
        }
    }

    /// Whether a label has the operation. To a client one that is off is not there.
    func isServed(on label: ServedLabel) -> Bool {
        self != .serverKeyGeneration || label.description.serverKeyGeneration != .off
    }

    /// The media type that a request's body must have; nil where that does not matter.
    var mediaType: String? {
        switch self {
        case .simpleEnroll, .simpleReenroll, .serverKeyGeneration: "application/pkcs10"
        case .caCertificates, .csrAttributes, .fullCMC: nil
        }
    }
}

/// Where a request goes.
enum Route: Sendable {
    /// An operation of EST on a label.
    case est(ESTOperation, ServedLabel)
    /// An authority's CRL.
    case revocationList(ServedAuthority)
    /// OCSP; the question stands in the path or in the body.
    case certificateStatus(ServedAuthority, inPath: String?)

    /// What metrics and logs call it.
    var name: String {
        switch self {
        case .est(let operation, _): operation.rawValue
        case .revocationList: Self.revocationListName
        case .certificateStatus: Self.certificateStatusName
        }
    }

    /// The label; empty where there is none.
    var label: String {
        switch self {
        case .est(_, let label): label.description.name
        case .revocationList, .certificateStatus: ""
        }
    }

    static let revocationListName = "crl"
    static let certificateStatusName = "ocsp"
    static let allNames = ESTOperation.allCases.map(\.rawValue) + [revocationListName, certificateStatusName]
}

/// The path of an EST request, taken apart.
struct ESTPath: Equatable {
    static let prefix = "/.well-known/est/"
    /// The label of a path without one.
    static let standardLabel = "default"

    var label: String
    var operation: ESTOperation

    /// - Parameter target: The request target, of which ``RequestTarget`` finds the path.
    ///
    /// Nothing is decoded or normalised: a path that is not written as we write it is none of ours, so that no
    /// spelling reaches another label than it shows.
    init?(_ target: String) {
        let path = RequestTarget.path(of: target)
        guard path.utf8.starts(with: Self.prefix.utf8) else { return nil }
        let segments = path[path.utf8.index(path.startIndex, offsetBy: Self.prefix.utf8.count)...]
            .utf8.split(separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        switch segments.count {
        case 1:
            guard let operation = ESTOperation(rawValue: String(Substring(segments[0]))) else { return nil }
            self.init(label: Self.standardLabel, operation: operation)
        case 2:
            guard let operation = ESTOperation(rawValue: String(Substring(segments[1]))), !segments[0].isEmpty else {
                return nil
            }
            self.init(label: String(Substring(segments[0])), operation: operation)
        default:
            return nil
        }
    }

    private init(label: String, operation: ESTOperation) {
        self.label = label
        self.operation = operation
    }
}
