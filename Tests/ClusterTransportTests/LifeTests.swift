internal import Testing

@testable internal import ClusterTransport

@Suite struct LifeTests {
    @Test func shutdownFailsPendingCalls() async throws {
        try await TestCluster.run { cluster in
            let service = try cluster.service(at: try await cluster.connect())
            async let end = code { try await service.hold(HoldRequest(name: "a")) }
            #expect(await eventually { await cluster.backend.received == ["a"] })
            await cluster.client.shutdown()
            #expect(try await end == .unreachable)
            #expect(try await code { try await service.echo(EchoRequest(text: "b")) } == .unreachable)
            await #expect(throws: TransportError(.shutDown, "")) {
                try await cluster.client.connect(cluster.configuration())
            }
        }
    }

    @Test func serverShutsDownWhileItServes() async throws {
        try await TestCluster.run { cluster in
            let connection = try await cluster.connect()
            let service = try cluster.service(at: connection)
            async let end = code { try await service.hold(HoldRequest(name: "a")) }
            #expect(await eventually { await cluster.backend.received == ["a"] })
            await cluster.server.shutdown()
            #expect(try await end == .unreachable)
            #expect(!connection.isUp)
            // Its answer finds neither socket nor thread.
            await cluster.backend.open()
        }
    }

    @Test func drainingFinishesWhatWasAdmittedAndRefusesTheRest() async throws {
        try await TestCluster.run { cluster in
            let service = try cluster.service(at: try await cluster.connect())
            async let end = code { try await service.hold(HoldRequest(name: "a")) }
            #expect(await eventually { await cluster.backend.received == ["a"] })
            #expect(await cluster.server.drain(within: .milliseconds(50)) == false)
            #expect(try await code { try await service.echo(EchoRequest(text: "b")) } == .overloaded)
            await cluster.backend.open()
            #expect(await cluster.server.drain(within: .seconds(20)))
            await cluster.server.shutdown()
            #expect(try await end == nil)
            #expect(await cluster.backend.received == ["a"])
        }
    }

    @Test func shutdownMayBeAskedForTwiceAndWithoutAnything() async throws {
        let system = try ZeroMQActorSystem(logger: TestCluster.logger)
        async let first: Void = system.shutdown()
        async let second: Void = system.shutdown()
        _ = await (first, second)
        await system.shutdown()
    }

    @Test func statesTellUpDownAndClosed() async throws {
        try await TestCluster.run { cluster in
            let connection = try await cluster.client.connect(cluster.configuration())
            var states = connection.states.makeAsyncIterator()
            var state = await states.next()
            if state == .down { state = await states.next() }
            #expect(state == .up)
            await cluster.server.stopListening(at: cluster.endpoint)
            #expect(await states.next() == .down)
            await connection.close()
            #expect(await states.next() == .closed)
            #expect(await states.next() == nil)
            #expect(await connection.waitUntilUp(for: .seconds(20)) == false)
        }
    }

    @Test func peerThatIsNotThereIsUnreachableAtOnce() async throws {
        try await TestCluster.run { cluster in
            let connection = try await cluster.client.connect(cluster.configuration(endpoint: "tcp://127.0.0.1:1"))
            let service = try cluster.service(at: connection)
            #expect(try await code { try await service.echo(EchoRequest(text: "a")) } == .unreachable)
            #expect(await connection.waitUntilUp(for: .milliseconds(50)) == false)
        }
    }

    @Test(arguments: [
        "tcp://nowhere", "tcp://127.0.0.1:65536", "tcp://127.0.0.1", "tcp://:1", "ipc:///tmp/estuary-socket",
        "nonsense",
    ])
    func endpointThatDoesNotFitIsRefused(endpoint: String) async throws {
        try await TestCluster.run { cluster in
            await #expect(throws: TransportError.self) {
                try await cluster.server.listen(
                    ListenerConfiguration(
                        endpoint: endpoint, security: .curve(cluster.serverKey), lanes: TestCluster.lanes),
                    methods: MethodTable())
            }
        }
    }

    @Test func portInUseIsRefused() async throws {
        try await TestCluster.run { cluster in
            await #expect(throws: TransportError(.endpoint, "")) {
                try await cluster.server.listen(
                    ListenerConfiguration(
                        endpoint: cluster.endpoint, security: .curve(cluster.serverKey), lanes: TestCluster.lanes),
                    methods: MethodTable())
            }
            // Not within the macro: the closure would be taken for one that does not throw.
            let isAnswered = try await cluster.answersGoodCall()
            #expect(isAnswered)
        }
    }

    /// A key rotates without downtime: a second endpoint with the new key, beside the first.
    @Test func oneSystemListensAtSeveralEndpoints() async throws {
        try await TestCluster.run { cluster in
            let newKey = try CurveKeyPair.generate()
            let endpoint = try await cluster.server.listen(
                ListenerConfiguration(
                    endpoint: "tcp://127.0.0.1:0", security: .curve(newKey), lanes: TestCluster.lanes),
                methods: .test(TestService(backend: cluster.backend, actorSystem: cluster.server)))
            let connection = try await cluster.connect(
                ConnectionConfiguration(
                    endpoint: endpoint, security: .curve(own: cluster.clientKey, server: newKey.publicKey)))
            let reply = try await cluster.service(at: connection).echo(EchoRequest(text: "new"))
            #expect(reply.peer == "frontend-1")
            #expect(try await cluster.answersGoodCall())
        }
    }
}

@Suite struct ZeroMQEventLoopTests {
    private actor Resident {
        let loop: ZeroMQEventLoop
        var visits = 0
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        init(loop: ZeroMQEventLoop) {
            self.loop = loop
        }

        func visit() -> Int {
            // Traps where the loop's isolation checks do not know the thread.
            assertIsolated()
            nested()
            return visits
        }

        private nonisolated func nested() {
            assumeIsolated { $0.visits += 1 }
        }
    }

    @Test func actorsRunOnTheLoopAndAlsoAfterItsEnd() async throws {
        let loop = try ZeroMQEventLoop()
        loop.start {}
        let resident = Resident(loop: loop)
        for visit in 1...100 {
            #expect(await resident.visit() == visit)
        }
        await loop.stop()
        for visit in 101...200 {
            #expect(await resident.visit() == visit)
        }
        #expect(loop.isIsolatingCurrentContext() == false)
    }
}
