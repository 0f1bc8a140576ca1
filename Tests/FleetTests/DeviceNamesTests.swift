internal import Fleet
internal import Testing

@Suite("Device names")
struct DeviceNamesTests {
    @Test("puts the number in its place")
    func numbers() {
        #expect(DeviceNames(pattern: "device-%08d.example.com")?.name(42) == "device-00000042.example.com")
        #expect(DeviceNames(pattern: "d%d")?.name(42) == "d42")
        #expect(DeviceNames(pattern: "d%03d")?.name(12_345) == "d12345")
    }

    @Test(
        "refuses what gives no host names",
        arguments: [
            "device", "d%d%d", "d%s", "d_%d", "d %d", ".%d", "%99d", "d%08d." + String(repeating: "x", count: 60),
        ])
    func refuses(pattern: String) {
        #expect(DeviceNames(pattern: pattern) == nil)
    }

    @Test("a run's own names differ from those of another run")
    func random() {
        #expect(DeviceNames.random().name(1) != DeviceNames.random().name(1))
    }
}
