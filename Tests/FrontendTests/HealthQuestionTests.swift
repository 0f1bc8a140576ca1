internal import ConfigurationFile
internal import Foundation
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Observability
internal import OperationsHTTP
internal import Testing

/// What the health commands ask, at the operations listener as processes have it.
@Suite struct HealthQuestionTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs a listener on a port that the system chooses.
    private func withListener(
        missing: [String] = [], _ body: (ListenAddress) async throws -> Void
    ) async throws {
        let (addresses, continuation) = AsyncStream.makeStream(of: ListenAddress.self)
        let server = OperationsServer(
            address: ListenAddress(host: "127.0.0.1", port: 0), registry: MetricsRegistry(), logger: Self.logger,
            onListening: { continuation.yield($0) }, ready: { ReadinessReport(missing: missing) })
        let running = Task { try await server.run() }
        var failure: (any Error)?
        do {
            var iterator = addresses.makeAsyncIterator()
            try await body(#require(await iterator.next()))
        } catch {
            failure = error
        }
        running.cancel()
        _ = await running.result
        if let failure { throw failure }
    }

    private func reason(_ address: ListenAddress, live: Bool = false) async -> String? {
        do {
            _ = try await HealthQuestion.ask(address, live: live)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func aReadyProcessSaysSo() async throws {
        try await withListener(missing: []) { address async throws in
            #expect(try await HealthQuestion.ask(address, live: false) == "ready")
            #expect(try await HealthQuestion.ask(address, live: true) == "ok")
        }
    }

    @Test func oneThatIsNotReadySaysWhatIsMissingAndLives() async throws {
        try await withListener(missing: ["a signer", "a certificate"]) { address in
            let said = try #require(await reason(address))
            #expect(said.contains("answered 503: missing: a signer; missing: a certificate"))
            #expect(try await HealthQuestion.ask(address, live: true) == "ok")
        }
    }

    @Test func aPortThatTheSystemChoosesCannotBeAsked() async throws {
        let said = try #require(await reason(ListenAddress(host: "127.0.0.1", port: 0)))
        #expect(said.contains("operations.listen names no fixed port"))
    }

    /// The port is this test's, so that no other one listens there meanwhile.
    @Test func whereNobodyListensNobodyAnswers() async throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            return bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
        }
        try #require(isBound)
        let port = Int(UInt16(bigEndian: address.sin_port))
        let said = try #require(await reason(ListenAddress(host: "127.0.0.1", port: port), live: true))
        #expect(said.contains("Nothing answers"))
    }

    /// Somebody who takes the connection and says nothing.
    @Test func whoeverIsSilentIsNotWaitedForWithoutEnd() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        let said = await reason(ListenAddress(host: "127.0.0.1", port: port))
        try await channel.close()
        #expect(said?.contains("did not answer within 3 seconds") == true)
    }
}
