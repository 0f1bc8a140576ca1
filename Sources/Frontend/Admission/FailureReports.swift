internal import ClusterProtocol
internal import Foundation
internal import ServiceLifecycle

/// Records what was turned away past the failure limit: an event a network and interval, not one a request.
struct FailureReports: Service {
    let limit: FailureLimit
    let recorder: EventRecorder
    var interval = Duration.seconds(10)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: interval)
                report()
            }
        }
        report()
    }

    private func report() {
        for report in limit.takeReports() {
            var event = AuditEvent(.coalesced, time: Date.now)
            event.decision = .denied
            event.reason = "authentication-failures"
            event.reasonText = "Failed attempts past the limit, which have no events of their own."
            event.remoteAddress = report.network?.description
            event.count = report.count
            recorder.record(event)
        }
    }
}
