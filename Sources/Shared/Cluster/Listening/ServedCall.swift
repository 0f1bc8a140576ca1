internal import Foundation
internal import Logging

/// A call that was read, permitted, and is on its way through its lane.
struct ServedCall: Sendable {
    /// Where the answer goes. Not empty, and seldom over five bytes, which `Data` keeps in place.
    var routingID: Data
    var sender: ListenerPeer
    var callID: UInt64
    var method: MethodTable.Method
    var lane: Int
    var body: [UInt8]
    var peer: PeerIdentity
    /// When the caller stops waiting, counted from receipt.
    var deadline: ContinuousClock.Instant

    /// Reads the request, runs the method, and encodes what came of it. Never throws: every call has an answer.
    func answer(metrics: TransportMetrics, logger: Logger) async -> Answer {
        // It may have been a while since the lane let it in.
        guard deadline > .now else {
            metrics.drop(.expired)
            return Answer(error: .budgetExceeded)
        }
        do {
            let context = CallContext(peer: peer, deadline: deadline)
            return Answer(
                kind: .result,
                body: try await CallContext.$current.withValue(context) { try await method.perform(body) })
        } catch let error as ServiceError {
            return Answer(error: error)
        } catch is UnreadableRequest {
            // The cause would quote the request, which may hold a secret.
            metrics.drop(.malformedBody)
            return Answer(error: ServiceError(.malformedMessage, "The request cannot be read."))
        } catch {
            logger.error(
                "cluster.call.unexpected-error",
                metadata: ["call.method": "\(method.name)", "peer.name": "\(peer.name)", "error": "\(error)"])
            return Answer(error: ServiceError(.unexpected, "An unexpected error."))
        }
    }

    struct Answer: Sendable {
        var kind: WireFrame.Kind
        var body: [UInt8]

        init(kind: WireFrame.Kind, body: [UInt8]) {
            self.kind = kind
            self.body = body
        }

        init(error: ServiceError) {
            self.init(kind: .error, body: CallBody.encodeError(error))
        }
    }
}

/// The sender of a message as libzmq attests it.
enum ListenerPeer: Sendable, Hashable {
    case key(CurvePublicKey)
    case user(LocalUser)
}
