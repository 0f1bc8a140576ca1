package import Device

/// What a simulated fleet does against a server, and for how long.
package struct FleetPlan: Sendable {
    /// How `enroll` shows who asks. A `reenroll` always shows the device's certificate (RFC 7030 §3.3.2).
    package enum Authentication: String, CaseIterable, Sendable, Codable {
        /// HTTP Basic over a connection without a client certificate (RFC 7030 §3.2.3).
        case secret
        /// The device's own certificate, in TLS.
        case certificate
    }

    package enum ConnectionUse: String, CaseIterable, Sendable, Codable {
        /// A connection for each request, with a full handshake.
        case new
        /// Connections stay open, and are used again.
        case kept
        /// A connection for each request, whose handshake resumes an earlier session where the server allows it.
        case resumed
    }

    /// What decides when a request begins.
    package enum Load: Sendable, Equatable {
        /// So many requests at a time: the next one begins when one has ended.
        case closed(concurrency: Int)
        /// Requests arrive by a Poisson process, whether the server keeps up or not.
        case open(requestsPerSecond: Double, maximumInFlight: Int)
    }

    package enum End: Sendable, Equatable {
        case count(Int)
        case duration(seconds: Double)
    }

    package var server: ESTServer
    package var trust: ClientTLS.Trust
    package var password: HTTPPassword?
    package var authentication = Authentication.secret
    package var connectionUse = ConnectionUse.kept
    package var mix: OperationMix
    package var load = Load.closed(concurrency: 16)
    package var end = End.duration(seconds: 10)
    /// Within so many seconds the load grows to what it is told to be.
    package var rampSeconds = 0.0
    /// Event loops: threads that send and receive.
    package var threads = 1
    /// For a connection with its handshake and for an answer, in seconds.
    package var timeoutSeconds = 20.0
    /// Whether handshakes offer X25519MLKEM768 beside X25519 and P-256.
    package var offersHybridKeyAgreement = false
    /// Whether a place in the closed loop waits as long as a 503 or 429 asks for.
    package var obeysRetryAfter = false

    package init(server: ESTServer, trust: ClientTLS.Trust, mix: OperationMix) {
        self.server = server
        self.trust = trust
        self.mix = mix
    }

    /// How many may be in flight at once.
    package var maximumInFlight: Int {
        switch load {
        case .closed(let concurrency): concurrency
        case .open(_, let maximum): maximum
        }
    }

    /// Whether an operation goes over a connection that shows a device's certificate.
    func showsCertificate(_ operation: FleetOperation) -> Bool {
        operation == .reenroll || authentication == .certificate
    }

    /// Whether devices need a certificate before the clock starts.
    package var needsEnrolledDevices: Bool {
        mix.weights.contains { $0.value > 0 && showsCertificate($0.key) }
    }

    /// Whether the run uses up devices that have never enrolled.
    package var needsFreshDevices: Bool {
        authentication == .secret && (mix.weights[.enroll] ?? 0) > 0
    }
}
