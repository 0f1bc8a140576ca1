internal import ClusterProtocol
internal import Foundation
internal import Logging
internal import Synchronization

/// Where this process's audit events go in: numbers them at once, hands them to ``EventSender``. Never waits.
final class EventRecorder: Sendable {
    private let buffer: Mutex<EventBuffer>
    private let logger: Logger
    /// Tells the sender that there is something to send.
    let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(source: String, run: String, maximumCount: Int, maximumBytes: Int, logger: Logger) {
        buffer = Mutex(
            EventBuffer(source: source, run: run, maximumCount: maximumCount, maximumBytes: maximumBytes))
        self.logger = logger
        (wakeUps, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var counts: (backlog: Int, dropped: Int) {
        buffer.withLock { ($0.count, $0.droppedTotal) }
    }

    func record(_ event: AuditEvent) {
        perform { try $0.append(event) }
        wake.yield()
    }

    /// Records the run's last event, and ends the wake-ups.
    func close() {
        perform { try $0.close(AuditEvent(.stopped, time: Date.now)) }
        wake.finish()
    }

    func batch(maximumCount: Int, maximumBytes: Int) -> AppendEventsRequest? {
        buffer.withLock { $0.batch(maximumCount: maximumCount, maximumBytes: maximumBytes, time: Date.now) }
    }

    func acknowledged(_ reply: AppendEventsReply, run: String) {
        perform { buffer in
            guard buffer.run == run, !buffer.acknowledged(upTo: reply.acknowledgedSequence) else { return }
            logger.error(
                "Auditor has lost events that it had acknowledged; a new run begins",
                metadata: ["event.run": "\(run)", "event.acknowledged": "\(reply.acknowledgedSequence)"])
            try buffer.restart(run: Self.newRun())
        }
    }

    static func newRun() -> String {
        AuditEvent.randomSalt()
    }

    private func perform(_ change: (inout EventBuffer) throws -> Void) {
        do {
            try buffer.withLock { try change(&$0) }
        } catch {
            logger.error("Audit event can't be encoded", metadata: ["error": "\(error)"])
        }
    }
}
