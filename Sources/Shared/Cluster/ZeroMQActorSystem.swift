package import Distributed

/// The distributed actor system over ZeroMQ (design §4).
package final class ZeroMQActorSystem: DistributedActorSystem, Sendable {
    package typealias ActorID = ActorAddress
    package typealias InvocationEncoder = CallEncoder
    package typealias InvocationDecoder = CallDecoder
    package typealias ResultHandler = CallResultHandler
    package typealias SerializationRequirement = Codable

    package init() throws {}

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

package struct ActorAddress: Hashable, Codable, Sendable {
    package var connection: UInt64
    package var service: String
}

package struct CallEncoder: DistributedTargetInvocationEncoder {
    package typealias SerializationRequirement = Codable

    package mutating func recordGenericSubstitution<T>(_ type: T.Type) throws {}
    package mutating func recordArgument<Value: Codable>(_ argument: RemoteCallArgument<Value>) throws {}
    package mutating func recordReturnType<R: Codable>(_ type: R.Type) throws {}
    package mutating func recordErrorType<E: Error>(_ type: E.Type) throws {}
    package mutating func doneRecording() throws {}
}

package struct CallDecoder: DistributedTargetInvocationDecoder {
    package typealias SerializationRequirement = Codable

    package mutating func decodeGenericSubstitutions() throws -> [any Any.Type] { [] }
    package mutating func decodeNextArgument<Argument: Codable>() throws -> Argument {
        throw ServiceError(.notPermitted, "executeDistributedTarget is not used.")
    }
    package mutating func decodeReturnType() throws -> (any Any.Type)? { nil }
    package mutating func decodeErrorType() throws -> (any Any.Type)? { nil }
}

package struct CallResultHandler: DistributedTargetInvocationResultHandler {
    package typealias SerializationRequirement = Codable

    package func onReturn<Success: Codable>(value: Success) async throws {}
    package func onReturnVoid() async throws {}
    package func onThrow<Err: Error>(error: Err) async throws {}
}
