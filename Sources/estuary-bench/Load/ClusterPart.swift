internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation

/// Parts (b) and (c): a whole cluster with everything on, and devices that enroll as fast as it lets them.
struct ClusterPart {
    /// Enrollments in the closed loop.
    var newConnections = 15_000
    var keptConnections = 30_000
    var concurrency = 64
    /// Devices that renew.
    var devices = 2000
    /// Seconds of the open loop.
    var openSeconds = 15.0
    /// Before the measurement of each kind.
    var warmUp = 1000

    func measure(in scratch: String) async throws -> [Figure] {
        let cluster = Cluster(folder: scratch + "/cluster")
        try await cluster.initialize()
        try await cluster.start()
        let before = try LedgerCounts(cluster)
        var (figures, enrolled): ([Figure], Int) = ([], 0)
        try await ZeroMQActorSystem.using { system in
            let administration = try await cluster.administration(system)
            let load = try await FleetLoad(
                cluster: cluster, devices: devices, work: scratch + "/fleet", administration)
            enrolled += devices
            for kind in FleetLoad.Kind.allCases {
                let (measured, count) = try await measure(kind, load, administration)
                figures += measured
                enrolled += count
            }
        }
        try await cluster.stop()
        try LedgerCounts(cluster).requireMore(enrolled, than: before)
        return figures
    }

    /// The figures of a kind, and how many enrollments were made for them.
    private func measure(
        _ kind: FleetLoad.Kind, _ load: FleetLoad, _ administration: AdministrationService
    ) async throws -> ([Figure], Int) {
        let name = kind.rawValue
        let count = kind == .newConnection ? newConnections : keptConnections
        Progress.say("\(name): \(count) enrollments")
        _ = try await load.run(kind, .closed(concurrency: concurrency, count: warmUp))
        let cost = try await ClusterCost.measure(load.cluster, administration, count: count) {
            try await load.run(kind, .closed(concurrency: concurrency, count: count))
        }
        let closed = cost.outcome
        let rate = closed.enrollmentsPerSecond / 2
        let openCount = max(10, Int(rate * openSeconds))
        Progress.say("\(name): \(Int(closed.enrollmentsPerSecond))/s at most; now \(Int(rate))/s arrive")
        let open = try await load.run(kind, .open(rate: rate, count: openCount))
        let client = closed.clientProcessor
        let figures =
            cost.figures(
                "b", name, kind.floor, target: .ratioAtMost(kind == .newConnection ? 3 : 3.5))
            + [
                Figure(
                    "b", "\(name): the devices' own CPU",
                    (client.userMicroseconds + client.systemMicroseconds) / Double(count), "µs"),
                Figure("c", "\(name), closed loop: enrollments", closed.enrollmentsPerSecond, "/s"),
                Figure("c", "\(name), closed loop: p50", (closed.latencyMicroseconds?.p50 ?? .nan) / 1e3, "ms"),
                Figure("c", "\(name), closed loop: p99", (closed.latencyMicroseconds?.p99 ?? .nan) / 1e3, "ms"),
                Figure("c", "\(name), open loop: enrollments", open.enrollmentsPerSecond, "/s"),
                Figure("c", "\(name), open loop: p50", (open.latencyMicroseconds?.p50 ?? .nan) / 1e3, "ms"),
                Figure(
                    "c", "\(name), open loop: p99", (open.latencyMicroseconds?.p99 ?? .nan) / 1e3, "ms",
                    target: .atMost(50)),
            ]
        return (figures, warmUp + count + openCount)
    }
}

/// What a cluster's processes have spent on a load, until the last event was in the auditor's index.
struct ClusterCost<Outcome> {
    var outcome: Outcome
    /// In microseconds an enrollment.
    var times: [Cluster.Member: Double]

    var total: Double { times.values.reduce(0, +) }

    static func measure(
        _ cluster: Cluster, _ administration: AdministrationService, count: Int, _ load: () async throws -> Outcome
    ) async throws -> ClusterCost {
        try await cluster.waitUntilIdle(administration)
        let start = try cluster.processorTimes()
        let outcome = try await load()
        try await cluster.waitUntilIdle(administration)
        let end = try cluster.processorTimes()
        return ClusterCost(
            outcome: outcome, times: end.merging(start) { ($0 - $1) / Double(count) * 1e6 })
    }

    func figures(_ part: String, _ name: String, _ floor: Figure.Floor, target: Figure.Target? = nil) -> [Figure] {
        [Figure(part, "\(name): the cluster's CPU", total, "µs", floor: floor, target: target)]
            + Cluster.Member.allCases.map { member in
                Figure(part, "\(name): of that the \(member.rawValue)", times[member] ?? .nan, "µs", floor: floor)
            }
    }
}
