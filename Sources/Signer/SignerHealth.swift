internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Logging

/// Whether a running signer answers at its administration socket.
package enum SignerHealth {
    private static let limit = Duration.seconds(3)

    /// Asks for its status.
    ///
    /// - Parameter onlyAlive: whether it is enough that it answers, though it may issue nothing just now: what is missing
    ///   then, a restart doesn't bring.
    /// - Returns: one line about it.
    /// - Throws: ``SignerIsUnhealthy``
    package static func check(_ configuration: SignerConfiguration, onlyAlive: Bool = false) async throws -> String {
        let socket = configuration.administration + "/socket"
        guard FileManager.default.fileExists(atPath: socket) else {
            throw SignerIsUnhealthy(description: "The signer is not running: there is no \(socket).")
        }
        guard access(socket, R_OK | W_OK) == 0 else {
            throw SignerIsUnhealthy(
                description: "This user may not use \(socket): run the command as the user who runs the signer.")
        }
        let system = try ZeroMQActorSystem(logger: Logger(label: "health") { _ in SwiftLogNoOpLogHandler() })
        let status: Result<SignerStatus, any Error>
        do {
            let connection = try await system.connect(
                ConnectionConfiguration(
                    endpoint: "ipc://" + socket, security: .localUser, maximumInFlight: 1, callTimeout: limit))
            guard await connection.waitUntilUp(for: limit) else {
                throw SignerIsUnhealthy(description: "The signer does not answer at \(socket).")
            }
            let service = try AdministrationService.resolve(
                id: connection.address(of: "administration"), using: system)
            status = .success(try await service.status(SignerStatusRequest()))
        } catch let error as ServiceError {
            status = .failure(SignerIsUnhealthy(description: "The signer does not answer: \(error.message)"))
        } catch {
            status = .failure(error)
        }
        await system.shutdown()
        return try describe(status.get(), onlyAlive: onlyAlive)
    }

    private static func describe(_ status: SignerStatus, onlyAlive: Bool) throws -> String {
        guard onlyAlive || status.outboxBacklog < status.outboxLimit else {
            throw SignerIsUnhealthy(
                description: "The signer issues nothing: \(status.outboxBacklog) events wait for the auditor.")
        }
        return "healthy: \(status.nodes.count) nodes, auditor "
            + (status.auditorReachable ? "reachable" : "not reachable, \(status.outboxBacklog) events wait for it")
    }
}

/// Why a signer is not healthy, in one sentence.
package struct SignerIsUnhealthy: Error, CustomStringConvertible {
    package let description: String
}
