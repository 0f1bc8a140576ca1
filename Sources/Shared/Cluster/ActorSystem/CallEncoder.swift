package import Distributed
internal import Foundation

/// Encodes the one argument of a remote call. The argument's type says which method is called.
package struct CallEncoder: DistributedTargetInvocationEncoder {
    package typealias SerializationRequirement = Codable

    /// The wire name and the JSON, once the argument is recorded.
    private(set) var call: (method: String, body: Data)?

    package mutating func recordGenericSubstitution<T>(_ type: T.Type) throws {
        throw ServiceError(.unexpected, "A generic method cannot be called remotely.")
    }

    package mutating func recordArgument<Value: Codable>(_ argument: RemoteCallArgument<Value>) throws {
        guard call == nil, let request = Value.self as? any RemoteRequest.Type else {
            throw ServiceError(.unexpected, "A remote method takes exactly one request.")
        }
        call = (request.method, try CallBody.encodeRequest(argument.value))
    }

    package mutating func recordReturnType<R: Codable>(_ type: R.Type) throws {}
    package mutating func recordErrorType<E: Error>(_ type: E.Type) throws {}
    package mutating func doneRecording() throws {}
}
