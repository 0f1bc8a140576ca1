internal import Foundation
internal import Hummingbird

/// Decides who asks, and whether they may.
struct ConsoleAccess: Sendable {
    static let cookieName = "estuary-session"

    init(_ configuration: ConsoleConfiguration, journal: ConsoleJournal, now: @escaping @Sendable () -> Date) throws {}

    func admit(_ request: Request, _ context: ConsoleContext, to access: ConsoleRoute.Access) async throws
        -> ConsoleContext
    {
        var context = context
        context.user = .local
        return context
    }

    var routes: [ConsoleRoute] {
        [
            ConsoleRoute(
                path: "/api/v1/session", access: .viewer, summary: "Who is signed in.",
                answer: .init(type: "application/json", schema: "Session")
            ) { _, context in
                let user = context.user ?? .local
                return ConsoleAnswer.json(["user": user.name, "role": user.role.rawValue])
            }
        ]
    }
}
