internal import Device
package import Foundation

/// What a run came to, as `--json` writes it. The fields are described in `docs/fleet.md`; none changes its meaning.
package struct FleetReport: Codable, Sendable {
    package struct Plan: Codable, Sendable {
        package var server: String
        package var authentication: FleetPlan.Authentication
        package var connection: FleetPlan.ConnectionUse
        package var mix: [String: Int]
        /// `closed` or `open`.
        package var loop: String
        package var concurrency: Int?
        package var requestsPerSecond: Double?
        package var maximumInFlight: Int
        package var rampSeconds: Double
        package var threads: Int
    }

    package struct Requests: Codable, Sendable {
        package var started: Int
        package var succeeded: Int
        package var refused: Int
        package var failed: Int
        package var repeated: Int
        package var notStarted: Int
    }

    package struct Operation: Codable, Sendable {
        package var started: Int
        package var succeeded: Int
        package var repeated: Int
        package var statuses: [String: Int]
        package var failures: [String: Int]
        package var latencyMicroseconds: LatencySummary?
    }

    package struct Connections: Codable, Sendable {
        package var opened: Int
        package var established: Int
        package var resumed: Int
        package var handshakeMicroseconds: LatencySummary?
    }

    package struct Processor: Codable, Sendable {
        package var process: Int32
        package var name: String?
        package var userMicroseconds: Int64
        package var systemMicroseconds: Int64
        package var microsecondsPerEnrollment: Double?
        package var microsecondsPerRequest: Double?
    }

    package struct Preparation: Codable, Sendable {
        package var devices: Int
        package var keySeconds: Double
        package var enrolled: Int
        package var enrollmentSeconds: Double

        package init(devices: Int, keySeconds: Double, enrolled: Int, enrollmentSeconds: Double) {
            self.devices = devices
            self.keySeconds = keySeconds
            self.enrolled = enrolled
            self.enrollmentSeconds = enrollmentSeconds
        }
    }

    package var version = 1
    package var startedAt: String
    package var endedBy: FleetResult.Ending
    package var plan: Plan
    package var preparation: Preparation
    package var durationSeconds: Double
    package var requests: Requests
    package var requestsPerSecond: Double
    package var completedEnrollments: Int
    package var enrollmentsPerSecond: Double
    package var latencyMicroseconds: LatencySummary?
    package var refusedLatencyMicroseconds: LatencySummary?
    package var startDelayMicroseconds: LatencySummary?
    package var operations: [String: Operation]
    package var connections: Connections
    package var statuses: [String: Int]
    package var failures: [String: Int]
    package var examples: [String: String]
    package var clientProcessor: Processor
    package var serverProcessors: [Processor]
    package var serverMicrosecondsPerEnrollment: Double?

    package init(plan: FleetPlan, preparation: Preparation, result: FleetResult) {
        let tally = result.tally
        let done = result.completedEnrollments
        let succeeded = result.succeeded
        startedAt = result.startedAt.formatted(.iso8601)
        endedBy = result.ending
        self.plan = Plan(plan)
        self.preparation = preparation
        durationSeconds = Self.rounded(result.seconds)
        operations = Dictionary(uniqueKeysWithValues: tally.operations.map { ($0.rawValue, Operation($1)) })
        var statuses: [Int: Int] = [:]
        var failures: [FailureKind: Int] = [:]
        for operation in tally.operations.values {
            statuses.merge(operation.statuses, uniquingKeysWith: +)
            failures.merge(operation.failures, uniquingKeysWith: +)
        }
        self.statuses = Self.named(statuses)
        self.failures = Self.named(failures)
        let failed = failures.values.reduce(0, +)
        let started = tally.operations.values.reduce(0) { $0 + $1.started }
        requests = Requests(
            started: started, succeeded: succeeded, refused: started - succeeded - failed, failed: failed,
            repeated: tally.operations.values.reduce(0) { $0 + $1.repeated }, notStarted: tally.notStarted)
        let seconds = max(result.seconds, 1e-9)
        requestsPerSecond = Self.rounded(Double(succeeded) / seconds)
        completedEnrollments = done
        enrollmentsPerSecond = Self.rounded(Double(done) / seconds)
        latencyMicroseconds = LatencySummary(tally.latencies)
        refusedLatencyMicroseconds = LatencySummary(tally.refusedLatencies)
        startDelayMicroseconds = LatencySummary(tally.startDelays)
        connections = Connections(
            opened: tally.connections.opened, established: tally.connections.established,
            resumed: tally.connections.resumed, handshakeMicroseconds: LatencySummary(tally.connections.handshakes))
        examples = Dictionary(uniqueKeysWithValues: tally.examples.map { ($0.rawValue, $1) })
            .merging(tally.refusals.map { (String($0), $1) }) { first, _ in first }
        clientProcessor = Processor(
            process: getpid(), name: "estuary fleet", used: result.own, enrollments: done, requests: succeeded)
        serverProcessors = result.servers.compactMap { meter in
            meter.used.map {
                Processor(
                    process: meter.process, name: meter.name, used: $0, enrollments: done, requests: succeeded)
            }
        }
        // Only what is complete is a sum.
        if !result.servers.isEmpty, serverProcessors.count == result.servers.count, done > 0 {
            let sum = result.servers.compactMap(\.used).reduce(0) { $0 + $1.totalMicroseconds }
            serverMicrosecondsPerEnrollment = Self.rounded(Double(sum) / Double(done))
        }
    }

    static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

    fileprivate static func named(_ counts: [Int: Int]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: counts.map { (String($0), $1) })
    }

    fileprivate static func named(_ counts: [FailureKind: Int]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: counts.map { ($0.rawValue, $1) })
    }

    /// The report as JSON, its fields in the order of their names.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}

extension FleetReport.Plan {
    fileprivate init(_ plan: FleetPlan) {
        server = plan.server.description
        authentication = plan.authentication
        connection = plan.connectionUse
        mix = Dictionary(uniqueKeysWithValues: plan.mix.weights.map { ($0.rawValue, $1) })
        switch plan.load {
        case .closed(let count):
            loop = "closed"
            concurrency = count
        case .open(let rate, _):
            loop = "open"
            requestsPerSecond = rate
        }
        maximumInFlight = plan.maximumInFlight
        rampSeconds = plan.rampSeconds
        threads = plan.threads
    }
}

extension FleetReport.Operation {
    fileprivate init(_ operation: Tally.Operation) {
        started = operation.started
        succeeded = operation.succeeded
        repeated = operation.repeated
        statuses = FleetReport.named(operation.statuses)
        failures = FleetReport.named(operation.failures)
        latencyMicroseconds = LatencySummary(operation.latencies)
    }
}

extension FleetReport.Processor {
    fileprivate init(process: Int32, name: String?, used: OwnTime, enrollments: Int, requests: Int) {
        self.process = process
        self.name = name
        userMicroseconds = used.userMicroseconds
        systemMicroseconds = used.systemMicroseconds
        let total = Double(used.totalMicroseconds)
        microsecondsPerEnrollment = enrollments > 0 ? FleetReport.rounded(total / Double(enrollments)) : nil
        microsecondsPerRequest = requests > 0 ? FleetReport.rounded(total / Double(requests)) : nil
    }
}
