internal import Device
internal import Fleet
internal import Foundation

/// A fleet that runs against a test's own server.
struct FleetUnderTest {
    var plan: FleetPlan

    init(_ server: FleetTestServer, mix: String = "enroll=1", count: Int = 30, concurrency: Int = 4) throws {
        let mix = OperationMix(text: mix)
        guard let mix else { throw FleetError("no mix") }
        plan = FleetPlan(
            server: ESTServer(host: "127.0.0.1", port: server.port, label: nil), trust: .anchors([server.authority]),
            mix: mix)
        plan.password = HTTPPassword(user: "fleet", password: "open sesame")
        plan.load = .closed(concurrency: concurrency)
        plan.end = .count(count)
    }

    static func devices(_ count: Int, first: Int = 0) async throws -> [SimulatedDevice] {
        try await DevicePreparation.make(count, names: .random(), first: first, kind: .p256)
    }

    /// Devices with their first certificates from the server.
    func enrolled(_ count: Int) async throws -> [SimulatedDevice] {
        let devices = try await Self.devices(count)
        var plan = plan
        guard let mix = OperationMix([.enroll: 1]) else { return [] }
        plan.mix = mix
        plan.authentication = .secret
        plan.end = .count(count)
        _ = try await FleetRun(plan: plan, fresh: devices).run { _ in }
        return devices.filter(\.isEnrolled)
    }

    func run(
        fresh: [SimulatedDevice] = [], enrolled: [SimulatedDevice] = [], stop: StopSwitch = StopSwitch()
    ) async throws -> FleetResult {
        try await FleetRun(plan: plan, fresh: fresh, enrolled: enrolled).run(stop: stop) { _ in }
    }
}
