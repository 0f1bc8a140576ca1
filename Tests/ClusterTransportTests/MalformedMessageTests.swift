internal import Testing

@testable internal import ClusterTransport

/// What a peer with a good key may send by mistake or in anger.
@Suite struct MalformedMessageTests {
    struct Malformed: CustomTestStringConvertible, Sendable {
        var name: String
        var frames: [[UInt8]]
        var cause: DropCause
        /// The code of the answer; nil where there is none.
        var code: ServiceError.Code?

        var testDescription: String { name }
    }

    private static let good = RawPeer.frame(EchoRequest(text: "a"), callID: 5)

    private static func changed(_ index: Int, to byte: UInt8) -> [UInt8] {
        var bytes = good
        bytes[index] = byte
        return bytes
    }

    static let messages = [
        Malformed(name: "empty", frames: [[]], cause: .truncated),
        Malformed(name: "one byte", frames: [[1]], cause: .truncated),
        Malformed(name: "header cut short", frames: [Array(good[..<15])], cause: .truncated),
        Malformed(
            name: "name cut short", frames: [Array(good[..<18])], cause: .malformedName, code: .malformedMessage),
        Malformed(name: "random", frames: [[2, 0xFF] + (0..<80).map { UInt8($0 * 7 & 0xFF) }], cause: .wrongKind),
        Malformed(name: "two frames", frames: [good, good], cause: .surplusFrames),
        Malformed(name: "a hundred frames", frames: .init(repeating: good, count: 100), cause: .surplusFrames),
        Malformed(name: "envelope of a REQ", frames: [[], good], cause: .surplusFrames),
        Malformed(
            name: "another version", frames: [changed(0, to: 1)], cause: .unsupportedVersion, code: .unsupportedVersion),
        Malformed(name: "answer of another version", frames: [[1, 2] + good[2...]], cause: .unsupportedVersion),
        Malformed(name: "result", frames: [RawPeer.frame("", callID: 5, kind: .result)], cause: .wrongKind),
        Malformed(name: "error", frames: [RawPeer.frame("", callID: 5, kind: .error)], cause: .wrongKind),
        Malformed(
            name: "unknown name", frames: [RawPeer.frame("test.ech", callID: 5)], cause: .unknownMethod,
            code: .unknownMethod),
        Malformed(
            name: "name of a Swift method", frames: [RawPeer.frame("$s4main11TestServiceC", callID: 5)],
            cause: .malformedName, code: .malformedMessage),
        Malformed(
            name: "body of version 1", frames: [RawPeer.frame("test.echo", Array(#"{"text":"a"}"#.utf8), callID: 5)],
            cause: .malformedBody,
            code: .malformedMessage),
        Malformed(
            name: "other body",
            frames: [RawPeer.frame("test.echo", [0xa1, 0x64] + Array("text".utf8) + [7], callID: 5)],
            cause: .malformedBody, code: .malformedMessage),
        Malformed(
            name: "deep body",
            frames: [RawPeer.frame("test.echo", Array(repeating: CBOR.indefiniteArray, count: 100_000), callID: 5)],
            cause: .malformedBody, code: .malformedMessage),
        Malformed(
            name: "no budget", frames: [RawPeer.frame(EchoRequest(text: "a"), callID: 5, budget: 0)],
            cause: .expired, code: .deadlineExceeded),
    ]

    @Test(arguments: messages)
    func messageIsCountedAndTheNextCallWorks(message: Malformed) async throws {
        try await TestCluster.run { cluster in
            let peer = try RawPeer(
                endpoint: cluster.endpoint,
                security: .curve(own: cluster.clientKey, server: cluster.serverKey.publicKey))
            defer { peer.close() }
            peer.send(message.frames)
            if let code = message.code {
                let answer = try #require(try await peer.receive())
                #expect(answer.kind == .error)
                #expect(answer.callID == 5)
                #expect(CallBody.decodeError(from: answer.body).code == code)
            }
            #expect(await eventually { cluster.server.counters.dropped == [message.cause: 1] })
            // The same peer goes on over the same connection; what comes first is the answer to its good call, so that
            // a bad one without a code had none.
            peer.send([RawPeer.frame(EchoRequest(text: "next"), callID: 6)])
            let answer = try #require(try await peer.receive())
            #expect(answer.kind == .result)
            #expect(answer.callID == 6)
            #expect(await cluster.backend.received == ["next"])
        }
    }

    @Test func randomMessagesDoNoHarm() async throws {
        try await TestCluster.run { cluster in
            let peer = try RawPeer(
                endpoint: cluster.endpoint,
                security: .curve(own: cluster.clientKey, server: cluster.serverKey.publicKey))
            defer { peer.close() }
            try #require(try await peer.sees(.handshakeSucceeded))
            for _ in 0..<500 {
                let frames = (0..<Int.random(in: 1...3)).map { _ in
                    (0..<Int.random(in: 0...100)).map { _ in UInt8.random(in: .min ... .max) }
                }
                peer.send(frames)
            }
            #expect(await eventually { cluster.server.counters.dropped.values.reduce(0, +) == 500 })
            #expect(try await cluster.answersGoodCall())
        }
    }

    @Test func oversizedFrameCostsItsSenderTheConnection() async throws {
        try await TestCluster.run { cluster in
            let connection = try await cluster.connect()
            let peer = try RawPeer(
                endpoint: cluster.endpoint,
                security: .curve(own: cluster.clientKey, server: cluster.serverKey.publicKey))
            defer { peer.close() }
            try #require(try await peer.sees(.handshakeSucceeded))
            peer.send([[UInt8](repeating: 1, count: 262_144 + 100)])
            #expect(try await peer.sees(.disconnected))
            #expect(await eventually { cluster.server.counters.disconnectedPeers == 1 })
            // Nobody else's.
            #expect(connection.isUp)
            #expect(try await cluster.service(at: connection).echo(EchoRequest(text: "a")).text == "a")
            #expect(cluster.client.counters.reconnects == 0)
            #expect(await cluster.backend.received == ["a"])
        }
    }

    /// A peer that asks and never reads: its answers fill a pipe that is its own.
    @Test func peerThatGoesAwayTakesNoAnswer() async throws {
        try await TestCluster.run { cluster in
            let peer = try RawPeer(
                endpoint: cluster.endpoint,
                security: .curve(own: cluster.clientKey, server: cluster.serverKey.publicKey))
            peer.send([RawPeer.frame(HoldRequest(name: "a"))])
            #expect(await eventually { await cluster.backend.received == ["a"] })
            peer.close()
            #expect(await eventually { cluster.server.counters.disconnectedPeers == 1 })
            await cluster.backend.open()
            #expect(await eventually { cluster.server.counters.dropped == [.unroutableAnswer: 1] })
            #expect(try await cluster.answersGoodCall())
        }
    }
}
