internal import Foundation
package import Logging
package import ServiceLifecycle
internal import UnixSignals

/// The life of one of the cluster's processes: runs its service until it is told to end, and ends it in good order.
package enum SupervisedProcess {
    /// How long a service may take to notice its cancellation, which comes after the limit for an end in good order. A
    /// process that is stuck ends then, with a message.
    private static let cancellationLimit = Duration.seconds(5)

    /// Runs a service until SIGTERM or SIGINT, or until the supervisor goes away.
    ///
    /// - Parameters:
    ///   - supervised: ends when standard input reaches its end, so that no process outlives `estuary up`; SIGINT is then
    ///     the supervisor's alone, which ends its processes one after another.
    ///   - limit: how long an end in good order may take.
    /// - Throws: what the service throws.
    package static func run(
        _ service: some Service, supervised: Bool, limit: Duration = .seconds(20), logger: Logger
    ) async throws {
        // A peer that goes away is an error of the write, not a signal.
        signal(SIGPIPE, SIG_IGN)
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(
                    service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .cancelGroup)
            ],
            gracefulShutdownSignals: supervised ? [.sigterm] : [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = limit
        configuration.maximumCancellationDuration = cancellationLimit
        let group = ServiceGroup(configuration: configuration)
        if supervised {
            signal(SIGINT, SIG_IGN)
            Thread.detachNewThread {
                waitForEndOfStandardInput()
                Task { await group.triggerGracefulShutdown() }
            }
        }
        try await group.run()
    }

    private static func waitForEndOfStandardInput() {
        var byte: UInt8 = 0
        while true {
            let count = read(FileHandle.standardInput.fileDescriptor, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return }
        }
    }
}
