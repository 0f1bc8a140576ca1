internal import ClusterProtocol
internal import ConfigurationFile
internal import Foundation
internal import PKI
internal import TestRequests
internal import TestTLSClient
internal import Testing

@testable internal import Frontend

/// Where a client comes from: the connection's address, or what a listed load balancer says, and never a header field.
@Suite struct ProxyProtocolTests {
    private func trusting(_ networks: String...) -> (inout FrontendConfiguration) -> Void {
        { configuration in
            configuration.proxyProtocol = .init(from: networks.compactMap { IPNetwork($0) })
            configuration.proxyProtocol?.headerTimeout = .seconds(600)
            configuration.limits.authenticationFailures = 1
            configuration.limits.authenticationFailureWindow = .seconds(3_600)
        }
    }

    private func options(_ header: [UInt8], from address: String? = nil) -> TestConnection.Options {
        var options = TestConnection.Options()
        options.preamble = header
        options.sourceAddress = address
        return options
    }

    private func outcomes(_ outcome: ProxyOutcome, of frontend: TestFrontend) async throws -> Int {
        try await frontend.metric("estuary_frontend_proxy_headers_total{result=\"\(outcome.rawValue)\"}")
    }

    @Test func theAddressOfTheHeaderCounts() async throws {
        try await TestFrontend.run(change: trusting("127.0.0.0/8")) { frontend in
            try await frontend.ready()
            let request = try TestRequest.make("d.example.com")
            let four = options(ProxyHeaderTests.header(ProxyHeaderTests.version4 + [UInt8](repeating: 4, count: 60)))
            let six = options(ProxyHeaderTests.header(family: 0x21, ProxyHeaderTests.version6))
            #expect(try await frontend.send(.enroll(request), four).status == 200)
            #expect(try await frontend.send(.enroll(request), six).status == 200)
            #expect(frontend.signer.received.map(\.remoteAddress) == ["192.0.2.7", "2001:db8::9"])
            // Failures are counted for the clients one by one, though all come through one balancer.
            #expect(try await frontend.send(.enroll(request, secret: "wrong"), four).status == 401)
            #expect(try await frontend.send(.enroll(request, secret: "wrong 2"), four).status == 429)
            #expect(try await frontend.send(.enroll(request, secret: "wrong 3"), six).status == 401)
            #expect(try await outcomes(.accepted, of: frontend) == 5)
        }
    }

    @Test func whatTheBalancerAsksForItselfHasItsOwnAddress() async throws {
        try await TestFrontend.run(change: trusting("127.0.0.1/32")) { frontend in
            try await frontend.ready()
            let request = try TestRequest.make("d.example.com")
            let local = options(ProxyHeaderTests.header(command: 0x20, family: 0x00, []))
            #expect(try await frontend.send(.enroll(request), local).status == 200)
            let unknown = options(ProxyHeaderTests.header(family: 0x00, []))
            #expect(try await frontend.send(.enroll(request), unknown).status == 200)
            #expect(frontend.signer.received.map(\.remoteAddress) == ["127.0.0.1", "127.0.0.1"])
            #expect(try await outcomes(.local, of: frontend) == 2)
        }
    }

    @Test func fromElsewhereNothingIsServed() async throws {
        try await TestFrontend.run(change: trusting("127.0.3.0/24")) { frontend in
            try await frontend.ready()
            let header = ProxyHeaderTests.header(ProxyHeaderTests.version4)
            await #expect(throws: (any Error).self) { _ = try await frontend.connect(options(header)) }
            await #expect(throws: (any Error).self) { _ = try await frontend.connect() }
            try await eventually { try await outcomes(.untrusted, of: frontend) == 2 }
            let listed = try await frontend.send(
                .get("/.well-known/est/cacerts"), options(header, from: "127.0.3.9"))
            #expect(listed.status == 200)
        }
    }

    @Test(arguments: [
        Array("PROXY TCP4 192.0.2.7 10.0.0.1 4660 443\r\n".utf8), [0x16, 0x03, 0x01, 0x02, 0x00],
        ProxyHeaderTests.header(family: 0x31, ProxyHeaderTests.version4),
        ProxyHeaderTests.header(ProxyHeaderTests.version4, length: 65_000),
    ])
    func whatIsNoHeaderEndsTheConnection(bytes: [UInt8]) async throws {
        try await TestFrontend.run(change: trusting("127.0.0.1/32")) { frontend in
            try await frontend.ready()
            let connection = try await TestConnection.plain(port: frontend.port)
            try await connection.send(bytes)
            #expect(try await connection.rest().isEmpty)
            #expect(try await outcomes(.malformed, of: frontend) == 1)
            await connection.close()
        }
    }

    @Test func aHeaderThatDoesNotComeInTimeEndsTheConnection() async throws {
        try await TestFrontend.run(change: {
            trusting("127.0.0.1/32")(&$0)
            $0.proxyProtocol?.headerTimeout = .milliseconds(500)
        }) { frontend in
            try await frontend.ready()
            let connection = try await TestConnection.plain(port: frontend.port)
            // On a busy machine the time may be over before this is sent.
            try? await connection.send(Array(ProxyHeaderTests.header(ProxyHeaderTests.version4).dropLast()))
            #expect(try await connection.rest().isEmpty)
            #expect(!connection.isOutOfPatience)
            try await eventually { try await outcomes(.incomplete, of: frontend) == 1 }
            await connection.close()
        }
    }

    @Test func whereItIsOffAHeaderIsNone() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let header = ProxyHeaderTests.header(ProxyHeaderTests.version4)
            await #expect(throws: (any Error).self) { _ = try await frontend.connect(options(header)) }
        }
    }

    @Test(arguments: [false, true])
    func noHeaderFieldIsBelieved(isBehindBalancer: Bool) async throws {
        try await TestFrontend.run(change: { if isBehindBalancer { trusting("127.0.0.1/32")(&$0) } }) { frontend in
            try await frontend.ready()
            let request = TestHTTPRequest.enroll(
                try TestRequest.make("d.example.com"),
                headers: [
                    ("X-Forwarded-For", "198.51.100.1"), ("Forwarded", "for=198.51.100.2"),
                    ("X-Real-IP", "198.51.100.3"), ("True-Client-IP", "198.51.100.4"),
                    ("CF-Connecting-IP", "198.51.100.5"), ("X-Client-IP", "198.51.100.6"),
                    ("X-Cluster-Client-IP", "198.51.100.7"), ("Via", "1.1 198.51.100.8"),
                ])
            let header = isBehindBalancer ? ProxyHeaderTests.header(ProxyHeaderTests.version4) : []
            #expect(try await frontend.send(request, options(header)).status == 200)
            #expect(frontend.signer.received.map(\.remoteAddress) == [isBehindBalancer ? "192.0.2.7" : "127.0.0.1"])
        }
    }
}
