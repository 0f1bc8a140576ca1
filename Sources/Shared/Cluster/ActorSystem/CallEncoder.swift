package import Distributed

/// Encodes the one argument of a remote call. The argument's type says which method is called.
package struct CallEncoder: DistributedTargetInvocationEncoder {
    package typealias SerializationRequirement = Codable

    /// The wire name and the body, once the argument is recorded.
    private(set) var call: (method: String, body: [UInt8])?

    package mutating func recordGenericSubstitution<T>(_ type: T.Type) throws {
        throw ServiceError(.unexpected, "A generic method cannot be called remotely.")
    }

    package mutating func recordArgument<Value: Codable>(_ argument: RemoteCallArgument<Value>) throws {
        guard call == nil, let request = Value.self as? any RemoteRequest.Type else {
            throw ServiceError(.unexpected, "A remote method takes exactly one request.")
        }
        call = (request.method, try CallBody.encodeRequest(argument.value))
    }

    /// What to send.
    ///
    /// - Throws: ``ServiceError`` where the method is not one of the service that the actor was resolved as.
    func call(of service: String) throws -> (method: String, body: [UInt8]) {
        guard let call, call.method.utf8.starts(with: service.utf8),
            call.method.utf8.dropFirst(service.utf8.count).first == UInt8(ascii: ".")
        else {
            throw ServiceError(.unexpected, "The actor was resolved as another service.")
        }
        return call
    }

    package mutating func recordReturnType<R: Codable>(_ type: R.Type) throws {}
    package mutating func recordErrorType<E: Error>(_ type: E.Type) throws {}
    package mutating func doneRecording() throws {}
}
