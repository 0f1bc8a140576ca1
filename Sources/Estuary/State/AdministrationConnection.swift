internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Logging

/// Calls to the signer and the auditor through the local sockets of a state directory.
struct AdministrationConnection {
    let state: StateDirectory
    /// How long an answer may take.
    var callTimeout: Duration = .seconds(30)

    /// Calls the signer.
    ///
    /// - Throws: ``Failure``, saying what to do.
    func withSigner<Result: Sendable>(
        _ body: (AdministrationService) async throws -> Result
    ) async throws -> Result {
        try await connected(process: "signer", socket: state.signerSocket) { connection, system in
            try await body(
                AdministrationService.resolve(id: connection.address(of: "administration"), using: system))
        }
    }

    /// Calls the auditor.
    ///
    /// - Throws: ``Failure``, saying what to do.
    func withAuditor<Result: Sendable>(
        _ body: (AuditAdministrationService) async throws -> Result
    ) async throws -> Result {
        try await connected(process: "auditor", socket: state.auditorSocket) { connection, system in
            try await body(
                AuditAdministrationService.resolve(id: connection.address(of: "auditadministration"), using: system))
        }
    }

    private func connected<Result: Sendable>(
        process: String, socket: String, _ body: (Connection, ZeroMQActorSystem) async throws -> Result
    ) async throws -> Result {
        guard state.exists else {
            throw Failure(
                "There is no cluster in \(state.path).",
                hint: "Name its state directory with --state, or make one with `estuary up --state \(state.quoted)`.")
        }
        let notRunning = Failure(
            "The \(process) of \(state.path) is not running.",
            hint: "Start the cluster with `estuary up --state \(state.quoted)`.")
        guard FileManager.default.fileExists(atPath: socket) else { throw notRunning }
        guard access(socket, R_OK | W_OK) == 0 else {
            throw Failure(
                "This user may not use \(socket).",
                hint: "Run the command as the user who runs the \(process), or as root.")
        }
        let system = try ZeroMQActorSystem(logger: Logger(label: "estuary") { _ in SwiftLogNoOpLogHandler() })
        let outcome: Swift.Result<Result, any Error>
        do {
            let connection = try await system.connect(
                ConnectionConfiguration(
                    endpoint: "ipc://" + socket, security: .localUser, maximumInFlight: 16, callTimeout: callTimeout))
            guard await connection.waitUntilUp(for: .seconds(3)) else { throw notRunning }
            outcome = .success(try await body(connection, system))
        } catch let error as ServiceError {
            outcome = .failure(Failure(error, from: process, state: state))
        } catch {
            outcome = .failure(error)
        }
        await system.shutdown()
        return try outcome.get()
    }
}
