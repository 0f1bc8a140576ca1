internal import Testing

/// Disks that are full, read-only or damaged, while devices enroll.
@Suite struct StorageTests {
    /// Those that need no mounts of their own.
    @Test(arguments: ["corrupted-wal-of-the-signer", "corrupted-wal-of-the-auditor", "ledger-of-another-authority"])
    func aDamagedOrForeignFileLosesNothing(_ scenario: String) async throws {
        try await expectNothingLost(scenario)
    }

    @Test(
        .enabled(if: Self.canMount, "no mount namespace can be made here (unshare --mount)"),
        arguments: ["full-disk-of-the-signer", "full-disk-of-the-auditor", "read-only-disk"])
    func aDiskThatTakesNothingMoreLosesNothing(_ scenario: String) async throws {
        try await expectNothingLost(scenario)
    }

    private func expectNothingLost(_ scenario: String) async throws {
        await ClusterPlaces.shared.take()
        defer { ClusterPlaces.shared.giveBack(ports: []) }
        let run = try await ReliabilityScript.run(
            "storage.py", [scenario, "--programs", TestCluster.executables], limit: .seconds(220))
        #expect(run.status == 0, "\(run.errors.suffix(6000))")
        #expect(run.lastLine == "0 kills, 0 lost, 0 duplicates, 0 unlogged")
    }

    private static let canMount = ReliabilityScript.succeeds("storage.py", ["probe"])
}
