internal import Testing

@testable internal import ClusterTransport

/// Peers that stop or die during calls. Real processes are stopped and killed in ClusterTests.
@Suite struct PeerLossTests {
    /// Serves at the relay's end with another system, as a restarted process would: same key, nothing remembered.
    private func restart(_ cluster: TestCluster, backend: TestBackend) async throws -> (ZeroMQActorSystem, String) {
        let system = try ZeroMQActorSystem(logger: TestCluster.logger)
        system.allow([AllowedNode(name: "frontend-1", role: .frontend, keys: [cluster.clientKey.publicKey])])
        let endpoint = try await system.listen(
            ListenerConfiguration(
                endpoint: "tcp://127.0.0.1:0", security: .curve(cluster.serverKey), lanes: TestCluster.lanes),
            methods: .test(TestService(backend: backend, actorSystem: system)))
        return (system, endpoint)
    }

    /// The budget would end the calls much later: what ends them is that the peer is found missing.
    @Test func stoppedPeerFailsItsCallsAndIsFoundAgain() async throws {
        try await TestCluster.run { cluster in
            let relay = try TCPRelay(to: cluster.endpoint)
            defer { relay.close() }
            let connection = try await cluster.connect(cluster.configuration(endpoint: relay.endpoint))
            let service = try cluster.service(at: connection)
            #expect(try await service.echo(EchoRequest(text: "before")).text == "before")

            async let running = code { try await service.hold(HoldRequest(name: "a")) }
            #expect(await eventually { await cluster.backend.received == ["before", "a"] })
            relay.freeze()
            async let swallowed = code { try await service.echo(EchoRequest(text: "swallowed")) }
            let ends = try await [running, swallowed]
            #expect(ends == [.unreachable, .unreachable])
            #expect(!connection.isUp)
            // While it is away nothing waits for it.
            #expect(try await code { try await service.echo(EchoRequest(text: "away")) } == .unreachable)
            #expect(connection.callsInFlight == 0)

            await cluster.backend.open()
            relay.thaw()
            try #require(await connection.waitUntilUp(for: .seconds(20)))
            #expect(try await service.echo(EchoRequest(text: "after")).text == "after")
            #expect(cluster.client.counters.callsLost == 2)
            #expect(await !cluster.backend.received.contains("away"))
        }
    }

    @Test func nothingSentBeforeReachesTheNextServer() async throws {
        try await TestCluster.run { cluster in
            let relay = try TCPRelay(to: cluster.endpoint)
            defer { relay.close() }
            let connection = try await cluster.connect(cluster.configuration(endpoint: relay.endpoint))
            let service = try cluster.service(at: connection)
            relay.freeze()
            try await withThrowingTaskGroup(of: ServiceError.Code?.self) { group in
                for number in 0..<100 {
                    group.addTask { try await code { try await service.echo(EchoRequest(text: "old-\(number)")) } }
                }
                for try await end in group {
                    #expect(end == .unreachable)
                }
            }
            await cluster.server.shutdown()
            let backend = TestBackend()
            let (system, endpoint) = try await restart(cluster, backend: backend)
            try relay.retarget(to: endpoint)
            relay.thaw()
            let isUp = await connection.waitUntilUp(for: .seconds(20))
            #expect(isUp)
            #expect(try await service.echo(EchoRequest(text: "new")).text == "new")
            #expect(await backend.received == ["new"])
            await system.shutdown()
        }
    }

    /// The port is the same, as when a process is killed and started again.
    @Test func killedPeerFailsItsCallsAndIsFoundAgain() async throws {
        try await TestCluster.run { cluster in
            let connection = try await cluster.connect()
            let service = try cluster.service(at: connection)
            for round in 0..<3 {
                async let running = code { try await service.hold(HoldRequest(name: "\(round)")) }
                #expect(await eventually { await cluster.backend.received.contains("\(round)") })
                await cluster.server.stopListening(at: cluster.endpoint)
                #expect(try await running == .unreachable)
                #expect(await eventually { await listenAgain(cluster) })
                try #require(await connection.waitUntilUp(for: .seconds(20)))
                #expect(try await service.echo(EchoRequest(text: "after")).text == "after")
            }
            #expect(cluster.client.counters.callsLost == 3)
            #expect(cluster.client.counters.reconnects >= 3)
            // Each call was run once: none was sent again.
            let received = await cluster.backend.received
            #expect(received.sorted() == ["0", "1", "2", "after", "after", "after"])
        }
    }

    /// The port is free a moment after the old socket is closed.
    private func listenAgain(_ cluster: TestCluster) async -> Bool {
        let configuration = ListenerConfiguration(
            endpoint: cluster.endpoint, security: .curve(cluster.serverKey),
            lanes: [Lane(name: "quick", concurrency: 4, capacity: 4), Lane(name: "slow", concurrency: 9, capacity: 0)])
        let table = MethodTable.test(TestService(backend: cluster.backend, actorSystem: cluster.server))
        return (try? await cluster.server.listen(configuration, methods: table)) != nil
    }

    /// A server that hangs goes on sending signs of life, which libzmq's own thread does: its calls end by their budget.
    @Test func hungPeerIsFoundByTheBudgetOfAPing() async throws {
        try await TestCluster.run { cluster in
            let connection = try await cluster.connect()
            let service = try cluster.service(at: connection)
            let end = try await code {
                try await CallBudget.$current.withValue(.milliseconds(100)) {
                    try await service.hold(HoldRequest(name: "a"))
                }
            }
            #expect(end == .deadlineExceeded)
            #expect(connection.isUp)
        }
    }
}
