internal import Fleet
internal import Testing

@Suite("Fleet plan")
struct FleetPlanTests {
    @Test("has as many devices as it is told")
    func devices() {
        #expect(FleetPlan(devices: 3).devices == 3)
    }
}
