internal import Foundation

/// The JSON of requests, replies and errors.
///
/// Foundation's coders are safe to use from several threads as long as nobody changes their settings, so that one of
/// each serves all calls.
enum CallBody {
    private static let encoder = JSONEncoder()
    private static let decoder = JSONDecoder()

    static func encodeRequest(_ request: some Encodable) throws -> Data {
        do {
            return try encoder.encode(request)
        } catch {
            throw ServiceError(.unexpected, "The request cannot be encoded.", cause: error)
        }
    }

    static func decodeRequest<R: RemoteRequest>(_ type: R.Type, from body: Data) throws -> R {
        do {
            return try decoder.decode(type, from: body)
        } catch {
            throw UnreadableRequest(cause: error)
        }
    }

    static func encodeReply(_ reply: some Encodable) throws -> Data {
        do {
            return try encoder.encode(reply)
        } catch {
            throw ServiceError(.unexpected, "The reply cannot be encoded.", cause: error)
        }
    }

    static func decodeReply<Reply: Decodable>(_ type: Reply.Type, from body: Data) throws -> Reply {
        do {
            return try decoder.decode(type, from: body)
        } catch {
            throw ServiceError(.malformedMessage, "The peer's answer cannot be read.", cause: error)
        }
    }

    static func encodeError(_ error: ServiceError) -> Data {
        // Strings and an integer: it fails on nothing that a ServiceError can hold.
        (try? encoder.encode(error)) ?? Data(#"{"code":"unexpected","message":"An unexpected error."}"#.utf8)
    }

    static func decodeError(from body: Data) -> ServiceError {
        do {
            return try decoder.decode(ServiceError.self, from: body)
        } catch {
            return ServiceError(.malformedMessage, "The peer's error cannot be read.", cause: error)
        }
    }
}

/// A request's JSON is not what its method takes. Told from a backend's own errors, so that it can be counted.
struct UnreadableRequest: Error {
    var cause: any Error
}
