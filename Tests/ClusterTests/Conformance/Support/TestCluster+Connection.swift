internal import Foundation
internal import TestTLSClient
internal import Testing

extension TestCluster {
    /// The port on which a frontend serves devices.
    func port(frontend: Int = 1) throws -> Int {
        let address = try address(frontend: frontend)
        return try #require(address.split(separator: ":").last.flatMap { Int($0) })
    }

    /// A TLS connection on which bytes go as they are written, each `send` in a record of its own.
    func connect(frontend: Int = 1, _ options: TestConnection.Options = .init()) async throws -> TestConnection {
        try await TestConnection.tls(port: port(frontend: frontend), trusting: .file(trustAnchor), options)
    }

    /// One request on a connection of its own.
    func send(
        _ request: TestHTTPRequest, frontend: Int = 1, _ options: TestConnection.Options = .init()
    ) async throws -> TestResponse {
        let connection = try await connect(frontend: frontend, options)
        let response = try await connection.perform(request)
        await connection.close()
        return response
    }
}
