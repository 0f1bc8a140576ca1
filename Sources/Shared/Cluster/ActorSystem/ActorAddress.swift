/// Where a distributed actor is: a service at the other end of a connection, or an actor of this process.
package struct ActorAddress: Hashable, Codable, Sendable {
    /// The connection's number in its actor system; 0 for an actor of this process.
    package var connection: UInt64
    /// The first part of the wire names of its methods; for an actor of this process its type and a number.
    package var service: String

    package init(connection: UInt64, service: String) {
        self.connection = connection
        self.service = service
    }
}
