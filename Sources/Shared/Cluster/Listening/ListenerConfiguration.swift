/// Where a process serves calls, to whom, and how much at once.
package struct ListenerConfiguration: Sendable {
    /// How a listener knows its peers.
    package enum Security: Sendable {
        /// CURVE with this key; the peers are the actor system's allow-list. Only on `tcp://`.
        case curve(CurveKeyPair)
        /// The user of this process, and root, as the kernel tells. Only on `ipc://`.
        case localUser
    }

    /// `tcp://127.0.0.1:0` for a port that the system chooses, `tcp://[::1]:4711`, or `ipc:///folder/socket`.
    package var endpoint: String
    package var security: Security
    package var lanes: [Lane]
    /// A longer message costs its sender the connection; a longer reply becomes an error.
    package var maximumMessageBytes: Int
    /// The longest budget that a caller is granted, whatever it asks for.
    package var maximumBudget: Duration
    /// Messages that libzmq holds for one peer in each direction. It is no back-pressure: a peer that reaches it is
    /// taken for dead. Above every caller's in-flight limit.
    package var highWaterMark: Int

    package init(
        endpoint: String, security: Security, lanes: [Lane], maximumMessageBytes: Int = 262_144,
        maximumBudget: Duration = .seconds(60), highWaterMark: Int = 4096
    ) {
        self.endpoint = endpoint
        self.security = security
        self.lanes = lanes
        self.maximumMessageBytes = maximumMessageBytes
        self.maximumBudget = maximumBudget
        self.highWaterMark = highWaterMark
    }
}
