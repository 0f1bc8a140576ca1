internal import Distributed

/// Stands where the language wants a decoder for `executeDistributedTarget`, which is not used: names from the wire
/// are looked up in a ``MethodTable``, and never reach the runtime.
package struct CallDecoder: DistributedTargetInvocationDecoder {
    package typealias SerializationRequirement = Codable

    package mutating func decodeGenericSubstitutions() throws -> [any Any.Type] { [] }

    package mutating func decodeNextArgument<Argument: Codable>() throws -> Argument {
        throw ServiceError(.notPermitted, "executeDistributedTarget is not used.")
    }

    package mutating func decodeReturnType() throws -> (any Any.Type)? { nil }
    package mutating func decodeErrorType() throws -> (any Any.Type)? { nil }
}

/// Stands where the language wants a result handler for `executeDistributedTarget`, which is not used.
package struct CallResultHandler: DistributedTargetInvocationResultHandler {
    package typealias SerializationRequirement = Codable

    package func onReturn<Success: Codable>(value: Success) async throws {}
    package func onReturnVoid() async throws {}
    package func onThrow<Err: Error>(error: Err) async throws {}
}
