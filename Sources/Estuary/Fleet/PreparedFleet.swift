internal import Fleet
internal import Foundation

/// The devices of a run, as they are when the clock starts.
struct PreparedFleet {
    private(set) var fresh: [SimulatedDevice] = []
    private(set) var enrolled: [SimulatedDevice] = []
    private(set) var preparation = FleetReport.Preparation(
        devices: 0, keySeconds: 0, enrolled: 0, enrollmentSeconds: 0)

    /// How many enroll at once before the clock starts.
    private static let preparationConcurrency = 16

    init(plan: FleetPlan, options: FleetDeviceOptions, stop: StopSwitch, display: FleetDisplay) async throws {
        let wanted = FleetSize(plan: plan, devices: options.devices)
        let names = options.names
        var started = Date()
        var toEnroll: [SimulatedDevice] = []
        if let folder = options.credentials, plan.needsEnrolledDevices {
            enrolled = try FleetCredentials(folder: folder).load(
                limit: options.devices ?? DevicePreparation.maximumDevices)
        } else if wanted.enrolled > 0 {
            toEnroll = try await Self.make(wanted.enrolled, names, options.firstNumber, options, stop, display)
        }
        if wanted.fresh > 0 {
            fresh = try await Self.make(
                wanted.fresh, names, options.firstNumber + wanted.enrolled, options, stop, display)
        }
        preparation.devices = fresh.count + toEnroll.count
        preparation.keySeconds = Date().timeIntervalSince(started)
        guard stop.level == 0 else { return }
        if !toEnroll.isEmpty {
            started = Date()
            enrolled = try await Self.enroll(toEnroll, plan, stop, display)
            preparation.enrolled = enrolled.count
            preparation.enrollmentSeconds = Date().timeIntervalSince(started)
        }
        if plan.needsEnrolledDevices, stop.level == 0, enrolled.count < plan.maximumInFlight {
            if case .closed = plan.load {
                throw Failure(
                    "There are \(enrolled.count) devices with a certificate, too few for \(plan.maximumInFlight) "
                        + "requests at a time.", hint: "Ask for more with --devices, or for less with --concurrency.")
            }
        }
    }

    private static func make(
        _ count: Int, _ names: DeviceNames, _ first: Int, _ options: FleetDeviceOptions, _ stop: StopSwitch,
        _ display: FleetDisplay
    ) async throws -> [SimulatedDevice] {
        defer { display.end() }
        do {
            return try await DevicePreparation.make(
                count, names: names, first: first, kind: options.key, isCancelled: { stop.level > 0 },
                report: { display.preparing("Making keys and requests", $0, of: count) })
        } catch is CancellationError {
            return []
        }
    }

    /// Gives the devices their first certificates.
    private static func enroll(
        _ devices: [SimulatedDevice], _ plan: FleetPlan, _ stop: StopSwitch, _ display: FleetDisplay
    ) async throws -> [SimulatedDevice] {
        var first = plan
        first.authentication = .secret
        first.connectionUse = .kept
        guard let mix = OperationMix([.enroll: 1]) else { return [] }
        first.mix = mix
        first.load = .closed(concurrency: min(preparationConcurrency, devices.count))
        first.end = .count(devices.count)
        first.rampSeconds = 0
        first.obeysRetryAfter = true
        let run = FleetRun(plan: first, fresh: devices)
        let result = try await run.run(stop: stop, interval: display.interval) {
            display.preparing("Enrolling the devices", $0.succeeded, of: devices.count)
        }
        display.end()
        let enrolled = devices.filter(\.isEnrolled)
        if enrolled.count < devices.count, stop.level == 0 {
            let reasons = FleetSummary.reasons(result.tally)
            guard !enrolled.isEmpty else {
                throw Failure(
                    "No device could enroll before the run: \(reasons).",
                    hint: "A secret needs as many uses as there are devices: `estuary token create --uses`.")
            }
            Output.remark("Only \(enrolled.count) of \(devices.count) devices could enroll before the run: \(reasons).")
        }
        for device in enrolled { try device.prepareRenewal() }
        return enrolled
    }
}

/// How many devices a run needs.
struct FleetSize: Equatable {
    var fresh = 0
    var enrolled = 0

    /// What a closed loop with a time could get through in a second, for want of anything better to go by.
    private static let assumedPerSecond = 2000.0

    init(plan: FleetPlan, devices: Int?) {
        let most = DevicePreparation.maximumDevices
        if plan.needsEnrolledDevices {
            enrolled = devices ?? min(most, max(1000, 2 * plan.maximumInFlight))
            if case .count(let count) = plan.end, devices == nil {
                enrolled = min(enrolled, max(count, plan.maximumInFlight))
            }
        }
        guard plan.needsFreshDevices else { return }
        if let devices {
            fresh = devices
            return
        }
        let weights = plan.mix.weights
        let share = Double(weights[.enroll] ?? 0) / Double(max(1, weights.values.reduce(0, +)))
        let requests: Double
        switch (plan.end, plan.load) {
        case (.count(let count), _): requests = Double(count)
        case (.duration(let seconds), .open(let rate, _)): requests = seconds * rate
        case (.duration(let seconds), .closed): requests = seconds * Self.assumedPerSecond
        }
        // Which operation comes next is drawn: some more than the mean, and never more than all.
        let mean = requests * share
        fresh = Int(min(Double(most), min(requests, (mean + 6 * mean.squareRoot()).rounded(.up) + 16)))
        if case (.duration, .open) = (plan.end, plan.load) {
            fresh = Int(min(Double(most), (mean + 6 * mean.squareRoot()).rounded(.up) + 16))
        }
    }
}
