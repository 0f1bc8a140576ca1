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

extension TransportCounters {
    /// A count under the name and labels that metrics have it by.
    package struct Sample: Sendable, Equatable {
        package var name: String
        package var dimensions: [(String, String)]
        package var value: Int

        package static func == (left: Self, right: Self) -> Bool {
            left.name == right.name && left.value == right.value
                && left.dimensions.elementsEqual(right.dimensions, by: ==)
        }
    }

    /// Every count, for a metrics backend.
    package var samples: [Sample] {
        [
            ("served", callsServed), ("sent", callsSent), ("refused", callsRefusedLocally),
            ("timed-out", callsTimedOut), ("lost", callsLost),
        ].map { Sample(name: "estuary_transport_calls", dimensions: [("outcome", $0.0)], value: $0.1) }
            + DropCause.allCases.map {
                Sample(
                    name: "estuary_transport_messages_dropped", dimensions: [("cause", $0.rawValue)],
                    value: dropped[$0] ?? 0)
            }
            + [
                ("reconnected", reconnects), ("refused", refusedPeers), ("handshake-failed", failedHandshakes),
                ("disconnected", disconnectedPeers),
            ].map { Sample(name: "estuary_transport_connections", dimensions: [("event", $0.0)], value: $0.1) }
    }
}
