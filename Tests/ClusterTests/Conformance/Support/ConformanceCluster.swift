internal import Foundation
internal import Synchronization
internal import Testing

/// The one running cluster that all conformance tests of this process share: starting one costs seconds.
///
/// It starts at first use and ends with the process. A test that kills processes or changes the policy starts a
/// ``TestCluster`` of its own. Tests that share this one keep out of each other's way: each has its own names under
/// `example.com` and its own secrets.
enum ConformanceCluster {
    /// Two, so that a request can be repeated on another one.
    static let frontendCount = 2

    private static let starting = Mutex<Task<TestCluster, any Error>?>(nil)
    /// What is left to remove when the process ends.
    private static let remains = Mutex<TestCluster?>(nil)

    /// The cluster; those who come first wait for one start.
    static func shared() async throws -> TestCluster {
        try await starting.withLock { task in
            if let task { return task }
            let new = Task { try await start() }
            task = new
            return new
        }.value
    }

    private static func start() async throws -> TestCluster {
        let cluster = try await TestCluster(frontends: frontendCount)
        // A static value is never released, so that its deinit does not run.
        remains.withLock { $0 = cluster }
        atexit {
            ConformanceCluster.remains.withLock { $0 }?.endAndRemove()
        }
        for group in ConformancePolicy.groups {
            try await group.prepare(cluster)
        }
        try cluster.write(policy: ConformancePolicy.text(for: cluster))
        for name in cluster.frontends {
            // All tests come from one address, and many fail on purpose. And a test may have to wait for a processor
            // between two requests on one connection, for longer than a frontend usually waits for a device.
            try cluster.configure(name, "limits:\n  authentication-failures: 1000000\n  idle-timeout: 120s\n")
        }
        try await cluster.start()
        return cluster
    }
}

extension TestCluster {
    /// A new enrollment secret.
    ///
    /// - Parameter name: the only name that it may ask for.
    func secret(label: String = "default", uses: Int = 1, name: String? = nil) async throws -> String {
        var command = ["token", "create", "--label", label, "--uses", "\(uses)", "--state", directory]
        if let name { command += ["--name", name] }
        return try await Self.estuary(command).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
