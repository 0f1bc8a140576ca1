internal import ClusterTransport
internal import Distributed

/// A remote method that does nothing.
struct EmptyRequest: RemoteRequest {
    typealias Reply = Done
    static let method = "bench.empty"
}

/// The least that a service can be: what a call to it costs is the transport's.
distributed actor EmptyService {
    typealias ActorSystem = ZeroMQActorSystem

    distributed func empty(_ request: EmptyRequest) async throws -> Done {
        Done()
    }
}

extension MethodTable {
    static let emptyLane = "empty"

    static func empty(_ service: EmptyService) -> MethodTable {
        var table = MethodTable()
        table.add(EmptyRequest.self, roles: [.frontend], lane: emptyLane) { try await service.empty($0) }
        return table
    }
}
