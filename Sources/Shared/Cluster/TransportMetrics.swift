internal import Synchronization

/// Why a message was thrown away.
package enum DropCause: String, Sendable, Hashable, CaseIterable {
    /// The sender is not, or no longer, in the allow-list.
    case unknownPeer = "unknown-peer"
    /// More frames than one, or none.
    case surplusFrames = "surplus-frames"
    case truncated
    case oversized
    case unsupportedVersion = "unsupported-version"
    /// A kind of frame that does not exist, or an answer where only calls belong.
    case wrongKind = "wrong-kind"
    case malformedName = "malformed-name"
    case unknownMethod = "unknown-method"
    case notPermitted = "not-permitted"
    /// The JSON is not what the method takes.
    case malformedBody = "malformed-body"
    /// The budget ended before anything was done.
    case expired
    /// The lane had no room.
    case overloaded
    /// An answer to a call that nobody waits for any more.
    case unexpectedAnswer = "unexpected-answer"
    /// An answer whose caller is gone, or takes nothing more.
    case unroutableAnswer = "unroutable-answer"
}

/// What an actor system has counted since it was made.
package struct TransportCounters: Sendable, Equatable {
    /// Calls that were admitted to a lane, and answered.
    package var callsServed = 0
    /// Calls that were handed to a socket.
    package var callsSent = 0
    /// Calls refused for the in-flight limit or a full pipe.
    package var callsRefusedLocally = 0
    /// Calls whose budget ended without an answer.
    package var callsTimedOut = 0
    /// Calls that failed because their peer went away.
    package var callsLost = 0
    package var dropped: [DropCause: Int] = [:]
    /// Connections of this process that had to be made anew.
    package var reconnects = 0
    /// Peers of this process's listeners: connections that the ZAP handler refused, that failed in the handshake for
    /// any cause, and that ended. libzmq ends the connection of a peer whose message is too long; it does not say why.
    package var refusedPeers = 0
    package var failedHandshakes = 0
    package var disconnectedPeers = 0
}

/// Counts, from any thread.
final class TransportMetrics: Sendable {
    private let counters = Mutex(TransportCounters())

    var current: TransportCounters { counters.withLock { $0 } }

    func count(_ change: (inout TransportCounters) -> Void) {
        counters.withLock { change(&$0) }
    }

    func drop(_ cause: DropCause) {
        counters.withLock { $0.dropped[cause, default: 0] += 1 }
    }
}
