internal import ClusterTransport
internal import Foundation
internal import PKI

/// Where clients' certificates are judged that may be a manufacturer's: apart from the event loops, a few at a time.
///
/// Anybody can have such a path searched for, before any credential is known to be good, and it costs up to a dozen
/// signatures: as much as many handshakes. So the loops, and whoever shows nothing of the kind, don't notice; past the
/// bound a client is told to come again.
struct PathJudgements: Sendable {
    private let pool: EnrollmentPool

    /// - Parameters:
    ///   - maximumRunning: at once, in the whole process.
    ///   - maximumWaiting: for one of those places.
    init(
        maximumRunning: Int = max(1, ProcessInfo.processInfo.activeProcessorCount / 2), maximumWaiting: Int = 256,
        patience: Duration = .seconds(5), onShed: @escaping @Sendable (AdmissionState.Limit) -> Void = { _ in }
    ) {
        pool = EnrollmentPool(
            maximumRunning: maximumRunning, maximumWaiting: maximumWaiting, patience: patience, onShed: onShed)
    }

    /// - Throws: ``ServiceError`` with code `overloaded` where there is no place; `CancellationError`.
    func judge(
        _ certificate: ClientCertificate, of manufacturers: [ManufacturerTrust],
        excluding authorities: [ClientCertificate.Authority], label: String, now: Int64
    ) async throws -> ClientCertificate.ManufacturerJudgement {
        guard certificate.mayBe(of: manufacturers) else {
            return .untrusted(reason: "The certificate is not of an authority that is accepted here.")
        }
        return try await pool.run(label: label, limit: .max) {
            await withTaskExecutorPreference(globalConcurrentExecutor) {
                await certificate.judge(manufacturers: manufacturers, excluding: authorities, now: now)
            }
        }
    }
}
