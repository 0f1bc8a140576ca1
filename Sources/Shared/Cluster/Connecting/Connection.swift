/// The way to one peer's services. It keeps trying to reach the peer until it is closed.
package struct Connection: Sendable {
    let id: UInt64
    let core: ConnectionCore
    let system: ZeroMQActorSystem

    /// The address of a service at the other end, to resolve a distributed actor with.
    package func address(of service: String) -> ActorAddress {
        ActorAddress(connection: id, service: service)
    }

    /// Whether the peer has proven who it is and can be called.
    package var isUp: Bool { core.state == .up }

    /// The current state, then every change; ends when the connection is closed. Each reading makes a new stream; of a
    /// stream that nobody reads only the newest state is kept.
    package var states: AsyncStream<ConnectionState> { core.states }

    /// Calls that wait for their answers.
    package var callsInFlight: Int { core.callsInFlight }

    /// Waits until the peer can be called.
    ///
    /// - Returns: false where that did not come about in time, or the connection was closed.
    package func waitUntilUp(for limit: Duration) async -> Bool {
        await withTaskGroup { group in
            group.addTask {
                for await state in states where state == .up {
                    return true
                }
                return false
            }
            group.addTask {
                // Ends early only when the other one has the result.
                try? await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    /// Fails the pending calls with `unreachable` and lets go of the peer.
    package func close() async {
        system.forget(connection: id)
        await core.close()
    }
}
