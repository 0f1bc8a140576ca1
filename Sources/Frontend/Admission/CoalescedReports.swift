internal import ClusterProtocol
internal import Foundation
internal import ServiceLifecycle

/// Records what comes in floods: what was turned away past the failure limit, an event a network and interval, and what
/// found no place, an event a label, reason and interval; not one a request.
struct CoalescedReports: Service {
    let failures: FailureLimit
    let sheds: ShedCounts
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
        for report in failures.takeReports() {
            var event = AuditEvent(.coalesced, time: Date.now)
            event.decision = .denied
            event.reason = "authentication-failures"
            event.reasonText = "Failed attempts past the limit, which have no events of their own."
            event.remoteAddress = report.network?.description
            event.count = report.count
            recorder.record(event)
        }
        for report in sheds.takeReports() {
            var event = AuditEvent(.coalesced, time: Date.now)
            event.decision = .deferred
            event.reason = report.reason
            event.reasonText = "Requests that found no place and were told to come later, without events of their own."
            event.label = report.label
            event.count = report.count
            recorder.record(event)
        }
    }
}
