internal import Testing

/// Links that are cut, in one direction and in both, and connections to nobody: the short form of
/// `scripts/network-test`.
@Suite struct NetworkTests {
    @Test(
        .enabled(
            if: Self.hasNamespaces, "no network namespaces with veth can be made here (unshare --net, iproute2)"))
    func cutLinksLoseNothingAndRequestsAreAnsweredAgain() async throws {
        await ClusterPlaces.shared.take()
        defer { ClusterPlaces.shared.giveBack(ports: []) }
        let run = try await ReliabilityScript.run(
            "network.py", ["--programs", TestCluster.executables, "--short"], limit: .seconds(220))
        #expect(run.status == 0, "\(run.errors.suffix(6000))")
        #expect(run.lastLine == "0 kills, 0 lost, 0 duplicates, 0 unlogged")
    }

    private static let hasNamespaces = ReliabilityScript.succeeds("network.py", ["--programs", "/", "--probe"])
}
