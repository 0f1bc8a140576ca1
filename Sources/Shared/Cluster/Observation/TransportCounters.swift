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
