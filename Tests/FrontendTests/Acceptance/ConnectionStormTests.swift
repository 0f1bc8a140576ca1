internal import Foundation
internal import TestRequests
internal import TestTLSClient
internal import Testing

@testable internal import Frontend

/// Connections that want nothing, or take their time, from the address that good devices share.
@Suite struct ConnectionStormTests {
    /// The beginning of a TLS record with a ClientHello that never ends.
    private static let beginning: [UInt8] = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03]

    private func open(_ count: Int, at frontend: TestFrontend, sending bytes: [UInt8] = []) async throws
        -> [TestConnection]
    {
        var connections: [TestConnection] = []
        for _ in 0..<count {
            let connection = try await TestConnection.plain(port: frontend.port)
            if !bytes.isEmpty { try await connection.send(bytes) }
            connections.append(connection)
        }
        return connections
    }

    private func expectService(by frontend: TestFrontend) async throws {
        let request = try TestRequest.make("d.example.com")
        for _ in 0..<5 { #expect(try await frontend.send(.enroll(request)).status == 200) }
    }

    /// Places are taken by handshakes, not by connections: these would otherwise last as long as the time limit.
    @Test(arguments: [[], Self.beginning])
    func handshakesThatDoNotGoOnKeepNobodyOut(bytes: [UInt8]) async throws {
        try await TestFrontend.run(change: {
            $0.limits.handshakes = 2
            $0.limits.handshakeTimeout = .seconds(600)
        }) { frontend in
            try await frontend.ready()
            let storm = try await open(20, at: frontend, sending: bytes)
            try await expectService(by: frontend)
            for connection in storm { await connection.close() }
        }
    }

    @Test func whereThereAreTooManyConnectionsThoseGoThatDoNothing() async throws {
        try await TestFrontend.run(change: {
            $0.limits.connections = 16
            $0.limits.handshakeTimeout = .seconds(600)
            $0.limits.idleTimeout = .seconds(600)
            $0.limits.headTimeout = .seconds(600)
            $0.limits.bodyTimeout = .seconds(600)
        }) { frontend in
            try await frontend.ready()
            var storm = try await open(4, at: frontend)
            storm += try await open(4, at: frontend, sending: Self.beginning)
            for _ in 0..<4 {
                let slowHead = try await frontend.connect()
                try await slowHead.send("GET /.well-known/est/cacerts HTTP/1.1\r\nHost: x\r\nX-Slow: ")
                storm.append(slowHead)
                let slowBody = try await frontend.connect()
                try await slowBody.send(
                    "POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\n"
                        + "Content-Length: 1000\r\n\r\nMII")
                storm.append(slowBody)
            }
            #expect(storm.count == 16)
            try await expectService(by: frontend)
            #expect(try await frontend.metric("estuary_frontend_connections_evicted_total") > 0)
            #expect(try await frontend.metric("estuary_frontend_connections") <= 16)
            for connection in storm { await connection.close() }
        }
    }

    @Test func aConnectionWhoseRequestIsAnsweredNeverGoes() async throws {
        try await TestFrontend.run(change: {
            $0.limits.connections = 2
            $0.limits.handshakeTimeout = .seconds(600)
        }) { frontend in
            try await frontend.ready()
            frontend.signer.set { $0.holdsEnrollments = true }
            let busy = try await frontend.connect()
            let request = try TestRequest.make("d.example.com")
            async let answer = busy.perform(.enroll(request))
            try await eventually { frontend.signer.received.count == 1 }
            let storm = try await open(6, at: frontend)
            for _ in 0..<3 { #expect(try await frontend.send(.get("/.well-known/est/cacerts")).status == 200) }
            frontend.signer.set { $0.holdsEnrollments = false }
            #expect(try await answer.status == 200)
            for connection in storm { await connection.close() }
        }
    }
}
