/// The bodies of requests, replies and errors, in ``CBOR``.
enum CallBody {
    static func encodeRequest(_ request: some Encodable) throws -> [UInt8] {
        do {
            return try CBOR.encode(request)
        } catch {
            throw ServiceError(.unexpected, "The request cannot be encoded.", cause: error)
        }
    }

    static func decodeRequest<R: RemoteRequest>(_ type: R.Type, from body: [UInt8]) throws -> R {
        do {
            return try CBOR.decode(type, from: body)
        } catch {
            throw UnreadableRequest(cause: error)
        }
    }

    static func encodeReply(_ reply: some Encodable) throws -> [UInt8] {
        do {
            return try CBOR.encode(reply)
        } catch {
            throw ServiceError(.unexpected, "The reply cannot be encoded.", cause: error)
        }
    }

    static func decodeReply<Reply: Decodable>(_ type: Reply.Type, from body: [UInt8]) throws -> Reply {
        do {
            return try CBOR.decode(type, from: body)
        } catch {
            throw ServiceError(.malformedMessage, "The peer's answer cannot be read.", cause: error)
        }
    }

    static func encodeError(_ error: ServiceError) -> [UInt8] {
        // Strings and an integer: it fails on nothing that a ServiceError can hold. Its caller would say of an empty
        // body that it cannot be read.
        (try? CBOR.encode(error)) ?? []
    }

    static func decodeError(from body: [UInt8]) -> ServiceError {
        do {
            return try CBOR.decode(ServiceError.self, from: body)
        } catch {
            return ServiceError(.malformedMessage, "The peer's error cannot be read.", cause: error)
        }
    }
}

/// A request's body is not what its method takes. Told from a backend's own errors, so that it can be counted.
struct UnreadableRequest: Error {
    var cause: any Error
}
