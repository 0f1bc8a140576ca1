/// Whether a connection's peer can be called.
package enum ConnectionState: Sendable, Hashable {
    /// No peer that has proven who it is. Calls fail with `unreachable` at once; the connection goes on trying.
    case down
    /// The handshake is done.
    case up
    /// Closed by this process, for good.
    case closed
}
