/// Whom a process calls, and how.
package struct ConnectionConfiguration: Sendable {
    /// How the server is known, and the caller to it.
    package enum Security: Sendable {
        /// CURVE: with the caller's own key, to a server that must hold the other one. Only on `tcp://`.
        case curve(own: CurveKeyPair, server: CurvePublicKey)
        /// The user of this process, as the kernel tells the server. Only on `ipc://`.
        case localUser
    }

    /// `tcp://host:port` or `ipc:///folder/socket`.
    package var endpoint: String
    package var security: Security
    /// Calls beyond this many unanswered ones fail with `overloaded` at once.
    package var maximumInFlight: Int
    /// The budget of a call that sets none (``CallBudget``).
    package var callTimeout: Duration
    /// A longer request is refused here; a longer reply costs the connection.
    package var maximumMessageBytes: Int

    package init(
        endpoint: String, security: Security, maximumInFlight: Int = 1000, callTimeout: Duration = .seconds(10),
        maximumMessageBytes: Int = 262_144
    ) {
        self.endpoint = endpoint
        self.security = security
        self.maximumInFlight = maximumInFlight
        self.callTimeout = callTimeout
        self.maximumMessageBytes = maximumMessageBytes
    }
}
