internal import ClusterProtocol
internal import Foundation
internal import Hummingbird

/// Takes exported events out of the log: for the role auditor, who shows with their root to have them.
struct PruneRoutes: Sendable {
    let store: EventStore
    let limits: ConsoleLimits

    var routes: [ConsoleRoute] {
        [
            ConsoleRoute(
                method: .post, path: "/api/v1/prune", access: .auditor,
                summary: "Prune the events up to a place, which the one who asks has exported.",
                body: "Prune", answer: .init(type: "application/json", schema: "Pruned")
            ) { request, context in
                let body = try await request.body.collect(upTo: limits.bodyBytes)
                guard
                    let wanted = try? JSONDecoder().decode(PruneEventsRequest.self, from: Data(body.readableBytesView))
                else { throw ConsoleError.invalid("The body is {\"through\":256,\"root\":\"…\"}.") }
                let user = context.user ?? .local
                let reply = try await store.prune(wanted, by: "console:" + user.name, authentication: nil)
                return ConsoleAnswer.json(reply)
            }
        ]
    }
}
