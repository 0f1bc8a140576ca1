internal import Testing

/// Far more than a cluster can do, of every kind: the short form of `scripts/overload-test`, which asks for no rate.
@Suite struct OverloadTests {
    @Test func goodDevicesAreServedInEveryStormAndEverythingIsAsBeforeAfterwards() async throws {
        await ClusterPlaces.shared.take()
        defer { ClusterPlaces.shared.giveBack(ports: []) }
        let run = try await ReliabilityScript.run(
            "overload.py",
            ["--programs", TestCluster.executables, "--short", "--duration", "5", "--connections", "300"],
            limit: .seconds(280))
        #expect(run.status == 0, "\(run.text.suffix(4000)) \(run.errors.suffix(4000))")
        #expect(run.lastLine.hasPrefix("one-device: "), "\(run.text.suffix(4000))")
    }
}
