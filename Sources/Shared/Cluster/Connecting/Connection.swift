/// The way to one peer's services. It keeps trying to reach the peer until it is closed.
package struct Connection: Sendable {
    let id: UInt64

    /// The address of a service at the other end, to resolve a distributed actor with.
    package func address(of service: String) -> ActorAddress {
        ActorAddress(connection: id, service: service)
    }

    /// Whether the peer has proven who it is and can be called.
    package var isUp: Bool {
        false
    }

    /// The current state, then every change; ends when the connection is closed. Each reading makes a new stream; of a
    /// stream that nobody reads only the newest state is kept.
    package var states: AsyncStream<ConnectionState> {
        AsyncStream { $0.finish() }
    }

    /// Waits until the peer can be called.
    ///
    /// - Returns: false where that did not come about in time, or the connection was closed.
    package func waitUntilUp(for limit: Duration) async -> Bool {
        false
    }

    /// Calls that wait for their answers.
    package var callsInFlight: Int {
        0
    }

    /// Fails the pending calls with `unreachable` and lets go of the peer.
    package func close() async {
    }
}
