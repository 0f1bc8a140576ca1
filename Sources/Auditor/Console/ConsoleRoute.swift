internal import HTTPTypes
internal import Hummingbird

/// A route of the console: how it is reached, who may, what it answers, and how it is described.
struct ConsoleRoute: Sendable {
    enum Access: Sendable {
        /// Anyone: the page itself, which has nothing to tell, and signing in.
        case anyone
        /// Whoever signed in, or anyone where the configuration opens checkpoint and hash tiles.
        case tiles
        case viewer
        case auditor
    }

    struct Parameter: Sendable {
        enum Kind: Sendable {
            case text
            case integer(ClosedRange<Int64>)
            case choice([String])
            case time
        }

        var name: String
        var kind: Kind = .text
        var about: String
    }

    /// What a good answer has.
    struct Answer: Sendable {
        var type: String
        /// The name of its schema in ``OpenAPIDescription``, for JSON.
        var schema: String?
        var status = 200
    }

    var method: HTTPRequest.Method = .get
    /// As OpenAPI writes it. A `{path}` at the end takes several elements.
    var path: String
    var access: Access
    var summary: String
    var parameters: [Parameter] = []
    /// The schema of the request's body.
    var body: String?
    var answer: Answer
    var handler: @Sendable (Request, ConsoleContext) async throws -> Response

    /// As Hummingbird writes it.
    var routerPath: RouterPath {
        RouterPath(path.hasSuffix("/{path}") ? String(path.dropLast(6)) + "**" : path)
    }
}
