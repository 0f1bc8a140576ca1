internal import Device
package import Foundation
internal import Histogram
internal import NIOCore
internal import NIOPosix

/// A run of a fleet: from the clock's start to the last answer.
package struct FleetRun: Sendable {
    /// What is told to whoever watches, about every second.
    package struct Progress: Sendable {
        package var elapsedSeconds: Double
        /// Since the run began.
        package var succeeded: Int
        package var refused: Int
        package var failed: Int
        package var inFlight: Int
        /// Since the last report.
        package var perSecond: Double
        package var p50Microseconds: UInt64
        package var p99Microseconds: UInt64
    }

    package var plan: FleetPlan
    /// Devices that have never enrolled.
    package var fresh: [SimulatedDevice]
    /// Devices with a certificate.
    package var enrolled: [SimulatedDevice]
    /// Processes of the server whose use of processors is read before and after.
    package var serverProcesses: [Int32] = []

    package init(plan: FleetPlan, fresh: [SimulatedDevice] = [], enrolled: [SimulatedDevice] = []) {
        self.plan = plan
        self.fresh = fresh
        self.enrolled = enrolled
    }

    /// Runs, and returns what was counted.
    ///
    /// - Parameters:
    ///   - stop: ends the run before its time.
    ///   - interval: how often `report` is called, in seconds.
    /// - Throws: ``FleetError`` where the run can't begin.
    package func run(
        stop: StopSwitch = StopSwitch(), interval: Double = 1, watching report: @escaping @Sendable (Progress) -> Void
    ) async throws -> FleetResult {
        let address = try resolve()
        let threads = max(1, min(plan.threads, plan.maximumInFlight))
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        do {
            let result = try await run(on: group, threads, address, stop, interval, report)
            try await group.shutdownGracefully()
            return result
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    private func resolve() throws -> SocketAddress {
        let (host, port) = (plan.server.host, plan.server.port)
        do {
            if let address = try? SocketAddress(ipAddress: host, port: port) { return address }
            return try SocketAddress.makeAddressResolvingHost(host, port: port)
        } catch {
            throw FleetError("the name «\(host)» can't be resolved")
        }
    }

    private func run(
        on group: MultiThreadedEventLoopGroup, _ threads: Int, _ address: SocketAddress, _ stop: StopSwitch,
        _ interval: Double, _ report: @escaping @Sendable (Progress) -> Void
    ) async throws -> FleetResult {
        var meters = serverProcesses.map { ProcessMeter(process: $0) }
        let startedAt = Date()
        let begins = FleetWorker.now
        let before = OwnTime.now
        let shared = FleetSharedState(begins: begins, end: plan.end, fresh: fresh, stop: stop)
        let parts = (0..<threads).map { part in
            stride(from: part, to: enrolled.count, by: threads).map { enrolled[$0] }
        }
        let workers = try parts.enumerated().map { part, devices in
            try FleetWorker(
                plan: plan, loop: group.next(), address: address, shared: shared, enrolled: devices, part: part,
                of: threads)
        }
        for worker in workers { worker.start() }
        let watcher = Task { await Self.watch(workers.map(\.live), begins, interval, report) }
        var tally = Tally()
        for worker in workers { tally.add(try await worker.result.get()) }
        watcher.cancel()
        let seconds = Double(FleetWorker.now &- begins) / 1e9
        let own = OwnTime.now - before
        for index in meters.indices { meters[index].stop() }
        await watcher.value
        let ending: FleetResult.Ending =
            if stop.level > 0 {
                .stopped
            } else if tally.ranOutOfDevices {
                .devicesUsedUp
            } else if case .count = plan.end {
                .count
            } else {
                .duration
            }
        return FleetResult(
            tally: tally, startedAt: startedAt, seconds: seconds, ending: ending, own: own, servers: meters)
    }

    private static func watch(
        _ lives: [LiveCounts], _ begins: UInt64, _ interval: Double, _ report: @Sendable (Progress) -> Void
    ) async {
        var (succeeded, refused, failed) = (0, 0, 0)
        var last = begins
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(interval)) } catch { return }
            let now = FleetWorker.now
            var latencies = Tally.emptyLatencies
            var (count, inFlight) = (0, 0)
            for live in lives {
                let part = live.take()
                count += part.succeeded
                refused += part.refused
                failed += part.failed
                inFlight += part.inFlight
                latencies.add(part.latencies)
            }
            succeeded += count
            report(
                Progress(
                    elapsedSeconds: Double(now &- begins) / 1e9, succeeded: succeeded, refused: refused,
                    failed: failed, inFlight: inFlight, perSecond: Double(count) / (Double(now &- last) / 1e9),
                    p50Microseconds: latencies.valueAtPercentile(50),
                    p99Microseconds: latencies.valueAtPercentile(99)))
            last = now
        }
    }
}

/// What a run came to.
package struct FleetResult: Sendable {
    package enum Ending: String, Sendable, Codable {
        case count
        case duration
        /// There was no device left that had never enrolled.
        case devicesUsedUp
        /// A person ended it.
        case stopped
    }

    package var tally: Tally
    package var startedAt: Date
    package var seconds: Double
    package var ending: Ending
    /// What this process used while the clock ran.
    package var own: OwnTime
    package var servers: [ProcessMeter]

    package init(
        tally: Tally, startedAt: Date, seconds: Double, ending: Ending, own: OwnTime, servers: [ProcessMeter]
    ) {
        self.tally = tally
        self.startedAt = startedAt
        self.seconds = seconds
        self.ending = ending
        self.own = own
        self.servers = servers
    }

    /// Certificates that were issued: answers that repeat one are not.
    package var completedEnrollments: Int {
        [FleetOperation.enroll, .reenroll].reduce(0) { $0 + tally[$1].succeeded - tally[$1].repeated }
    }
    package var succeeded: Int { tally.operations.values.reduce(0) { $0 + $1.succeeded } }

    /// What nobody expects under load: anything but an answer that is good, or that asks to come back later.
    package var hasUnexpectedFailures: Bool {
        tally.operations.values.contains { operation in
            operation.failures.contains { $0.key != .abandoned }
        } || tally.refusals.keys.contains { ![202, 429, 503].contains($0) }
    }
}
