package import Distributed
package import Logging

/// The distributed actor system over ZeroMQ (design §4).
package final class ZeroMQActorSystem: DistributedActorSystem, Sendable {
    package typealias ActorID = ActorAddress
    package typealias InvocationEncoder = CallEncoder
    package typealias InvocationDecoder = CallDecoder
    package typealias ResultHandler = CallResultHandler
    package typealias SerializationRequirement = Codable

    private let logger: Logger

    package init(logger: Logger) throws {
        self.logger = logger
    }

    package func allow(_ nodes: [AllowedNode]) {
    }

    package func listen(_ configuration: ListenerConfiguration, methods: MethodTable) async throws -> String {
        throw TransportError(.zeroMQ, "The transport is not built yet.")
    }

    package func connect(_ configuration: ConnectionConfiguration) async throws -> Connection {
        throw TransportError(.zeroMQ, "The transport is not built yet.")
    }

    package func shutdown() async {
    }

    package func resolve<Act: DistributedActor>(id: ActorAddress, as actorType: Act.Type) throws -> Act?
    where Act.ID == ActorAddress {
        nil
    }

    package func assignID<Act: DistributedActor>(_ actorType: Act.Type) -> ActorAddress where Act.ID == ActorAddress {
        ActorAddress(connection: 0, service: "\(actorType)")
    }

    package func actorReady<Act: DistributedActor>(_ actor: Act) where Act.ID == ActorAddress {}

    package func resignID(_ id: ActorAddress) {}

    package func makeInvocationEncoder() -> CallEncoder {
        CallEncoder()
    }

    package func remoteCall<Act: DistributedActor, Err: Error, Res: Codable>(
        on actor: Act, target: RemoteCallTarget, invocation: inout CallEncoder, throwing: Err.Type,
        returning: Res.Type
    ) async throws -> Res where Act.ID == ActorAddress {
        throw ServiceError(.unreachable, "The transport is not built yet.")
    }

    package func remoteCallVoid<Act: DistributedActor, Err: Error>(
        on actor: Act, target: RemoteCallTarget, invocation: inout CallEncoder, throwing: Err.Type
    ) async throws where Act.ID == ActorAddress {
        throw ServiceError(.unreachable, "The transport is not built yet.")
    }
}
