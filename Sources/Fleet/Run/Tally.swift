package import Histogram

/// What a run counted.
///
/// A run has one for each event loop, and adds them up at its end.
package struct Tally: Sendable {
    /// Microseconds, to three digits, up to an hour.
    package typealias Latencies = Histogram<UInt64>

    package struct Operation: Sendable {
        package var started = 0
        package var succeeded = 0
        /// Certificates that the device had already: the server took the request for one it had answered before.
        package var repeated = 0
        package var statuses: [Int: Int] = [:]
        package var failures: [FailureKind: Int] = [:]
        /// Of what succeeded.
        package var latencies = Tally.emptyLatencies
    }

    package struct Connections: Sendable {
        package var opened = 0
        package var established = 0
        package var resumed = 0
        /// From the first byte of TCP to the end of the handshake.
        package var handshakes = Tally.emptyLatencies
    }

    /// One for each operation, in the order of their cases: a request finds its own without a hash.
    private var table = FleetOperation.allCases.map { _ in Operation() }
    package var connections = Connections()
    package var latencies = Tally.emptyLatencies
    /// Of answers that refused.
    package var refusedLatencies = Tally.emptyLatencies
    /// Arrivals of the open loop that found no place in time.
    package var notStarted = 0
    /// How late requests of the open loop began, against their arrival.
    package var startDelays = Tally.emptyLatencies
    /// The first message of each kind of failure, for the person who looks for the reason.
    package var examples: [FailureKind: String] = [:]
    /// The first text of each status that refused.
    package var refusals: [Int: String] = [:]
    /// Whether devices ran out.
    package var ranOutOfDevices = false

    package init() {}

    package subscript(operation: FleetOperation) -> Operation {
        get { table[operation.index] }
        _modify { yield &table[operation.index] }
    }

    /// The operations that were performed.
    package var operations: [FleetOperation: Operation] {
        Dictionary(
            uniqueKeysWithValues: FleetOperation.allCases.map { ($0, self[$0]) }.filter { $0.1.started > 0 })
    }

    static var emptyLatencies: Latencies {
        Histogram(highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: .three)
    }

    package mutating func add(_ other: Tally) {
        for (operation, theirs) in other.operations {
            self[operation].started += theirs.started
            self[operation].succeeded += theirs.succeeded
            self[operation].repeated += theirs.repeated
            self[operation].statuses.merge(theirs.statuses, uniquingKeysWith: +)
            self[operation].failures.merge(theirs.failures, uniquingKeysWith: +)
            self[operation].latencies.add(theirs.latencies)
        }
        connections.opened += other.connections.opened
        connections.established += other.connections.established
        connections.resumed += other.connections.resumed
        connections.handshakes.add(other.connections.handshakes)
        latencies.add(other.latencies)
        refusedLatencies.add(other.refusedLatencies)
        startDelays.add(other.startDelays)
        notStarted += other.notStarted
        examples.merge(other.examples) { first, _ in first }
        refusals.merge(other.refusals) { first, _ in first }
        ranOutOfDevices = ranOutOfDevices || other.ranOutOfDevices
    }
}
