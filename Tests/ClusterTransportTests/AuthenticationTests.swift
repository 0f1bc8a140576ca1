internal import Testing

@testable internal import ClusterTransport

/// Who is let in over TCP, seen from the outside.
@Suite struct AuthenticationTests {
    private let call = RawPeer.frame(EchoRequest(text: "intruder"))

    @Test func unknownKeyGetsNothing() async throws {
        try await TestCluster.run { cluster in
            let stranger = try RawPeer(
                endpoint: cluster.endpoint,
                security: .curve(own: .generate(), server: cluster.serverKey.publicKey))
            defer { stranger.close() }
            stranger.send([call])
            #expect(try await stranger.sees(.handshakeFailed))
            #expect(try await stranger.receive(within: .milliseconds(200)) == nil)
            #expect(cluster.server.counters.refusedPeers >= 1)
            #expect(try await cluster.answersGoodCall())
            #expect(await cluster.backend.received == ["good"])
        }
    }

    @Test func connectionWithUnknownKeyNeverComesUp() async throws {
        try await TestCluster.run { cluster in
            let connection = try await cluster.client.connect(cluster.configuration(key: .generate()))
            // It goes on trying: whoever is let in later comes in without a restart.
            #expect(await eventually { cluster.client.counters.reconnects >= 2 })
            #expect(!connection.isUp)
            #expect(cluster.server.counters.refusedPeers >= 2)
            await connection.close()
        }
    }

    @Test func keyThatIsAllowedLaterComesUp() async throws {
        try await TestCluster.run { cluster in
            let key = try CurveKeyPair.generate()
            let connection = try await cluster.client.connect(cluster.configuration(key: key))
            #expect(await eventually { cluster.server.counters.refusedPeers >= 1 })
            cluster.server.allow([AllowedNode(name: "frontend-2", role: .frontend, keys: [key.publicKey])])
            try #require(await connection.waitUntilUp(for: .seconds(20)))
            let service = try cluster.service(at: connection)
            #expect(try await service.echo(EchoRequest(text: "a")).peer == "frontend-2")
        }
    }

    @Test func clientTalksToNoServerWithAnotherKey() async throws {
        try await TestCluster.run { cluster in
            let connection = try await cluster.client.connect(
                ConnectionConfiguration(
                    endpoint: cluster.endpoint,
                    security: .curve(own: cluster.clientKey, server: CurveKeyPair.generate().publicKey)))
            let service = try cluster.service(at: connection)
            #expect(await connection.waitUntilUp(for: .milliseconds(500)) == false)
            #expect(try await code { try await service.echo(EchoRequest(text: "a")) } == .unreachable)
            #expect(await cluster.backend.received.isEmpty)
        }
    }

    /// libzmq's own default is to let any key in where nobody answers ZAP.
    @Test func withoutZAPHandlerNobodyComesIn() async throws {
        try await TestCluster.run { cluster in
            await cluster.server.authenticator.close()
            let peers = [try CurveKeyPair.generate(), cluster.clientKey]
            for key in peers {
                let peer = try RawPeer(
                    endpoint: cluster.endpoint, security: .curve(own: key, server: cluster.serverKey.publicKey))
                defer { peer.close() }
                peer.send([call])
                #expect(try await peer.sees(.handshakeSucceeded, within: .milliseconds(500)) == false)
                #expect(try await peer.receive(within: .milliseconds(100)) == nil)
            }
            #expect(await cluster.backend.received.isEmpty)
        }
    }

    @Test func clientWithoutCurveGetsNothing() async throws {
        try await TestCluster.run { cluster in
            let peer = try RawPeer(endpoint: cluster.endpoint, security: .localUser)
            defer { peer.close() }
            peer.send([call])
            #expect(try await peer.receive(within: .milliseconds(500)) == nil)
            #expect(try await cluster.answersGoodCall())
            #expect(await cluster.backend.received == ["good"])
        }
    }

    @Test func removedNodeIsCutOffWhileConnectedAndOthersAreNot() async throws {
        try await TestCluster.run { cluster in
            let otherKey = try CurveKeyPair.generate()
            let other = AllowedNode(name: "frontend-2", role: .frontend, keys: [otherKey.publicKey])
            cluster.server.allow([
                AllowedNode(name: "frontend-1", role: .frontend, keys: [cluster.clientKey.publicKey]), other,
            ])
            let removed = try await cluster.connect()
            let kept = try cluster.service(at: try await cluster.connect(cluster.configuration(key: otherKey)))
            let service = try cluster.service(at: removed)
            #expect(try await service.echo(EchoRequest(text: "before")).text == "before")

            cluster.server.allow([other])
            let end = try await code {
                try await CallBudget.$current.withValue(.seconds(1)) {
                    try await service.echo(EchoRequest(text: "after"))
                }
            }
            #expect(end == .deadlineExceeded)
            #expect(removed.isUp)
            #expect(cluster.server.counters.dropped == [.unknownPeer: 1])
            #expect(try await kept.echo(EchoRequest(text: "kept")).peer == "frontend-2")
            #expect(await cluster.backend.received == ["before", "kept"])
        }
    }

    @Test func nodeRemovedDuringItsCallGetsNoAnswer() async throws {
        try await TestCluster.run { cluster in
            let connection = try await cluster.connect(cluster.configuration(callTimeout: .seconds(3)))
            let service = try cluster.service(at: connection)
            async let end = code { try await service.hold(HoldRequest(name: "a")) }
            #expect(await eventually { await cluster.backend.received == ["a"] })
            cluster.server.allow([])
            await cluster.backend.open()
            #expect(try await end == .deadlineExceeded)
            #expect(cluster.server.counters.dropped == [.unknownPeer: 1])
        }
    }

    @Test func nodeChangesItsRoleWhileConnected() async throws {
        try await TestCluster.run { cluster in
            let connection = try await cluster.connect()
            let service = try cluster.service(at: connection)
            #expect(try await service.echo(EchoRequest(text: "a")).peer == "frontend-1")
            cluster.server.allow([AllowedNode(name: "signer-1", role: .signer, keys: [cluster.clientKey.publicKey])])
            #expect(try await service.echo(EchoRequest(text: "b")).peer == "signer-1")
        }
    }

    @Test func methodOfAnotherRoleIsRefused() async throws {
        try await TestCluster.run { cluster in
            let service = try cluster.service(at: try await cluster.connect())
            #expect(try await code { try await service.touch(TouchRequest()) } == .notPermitted)
            #expect(cluster.server.counters.dropped == [.notPermitted: 1])
        }
    }
}
