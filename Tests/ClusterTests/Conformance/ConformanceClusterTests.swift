internal import TestTLSClient
internal import Testing

@Suite struct ConformanceClusterTests {
    @Test func allTestsShareOneClusterThatEnrolls() async throws {
        async let other = ConformanceCluster.shared()
        let cluster = try await ConformanceCluster.shared()
        #expect(try await other === cluster)
        let device = try TestDevice("conformance-cluster.example.com", in: cluster)
        let secret = try await cluster.secret(uses: 2)
        for frontend in 1...ConformanceCluster.frontendCount {
            _ = try await device.enroll(cluster, secret: secret, frontend: frontend).certificate()
        }
        let response = try await cluster.send(.get("/.well-known/est/strict/cacerts"), frontend: 2)
        #expect(response.status == 200)
    }
}
