internal import ClusterProtocol
internal import ClusterTransport
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

    /// What is said where there is nothing to send.
    func signOfLife() -> EventPositionRequest {
        buffer.withLock { EventPositionRequest(run: $0.run, backlog: Int64($0.count)) }
    }

    func acknowledged(_ reply: AppendEventsReply, run: String) {
        let isBehind = buffer.withLock { buffer in
            buffer.run == run && !buffer.acknowledged(upTo: reply.acknowledgedSequence)
        }
        if isBehind {
            beginNewRun(after: run, stored: reply.acknowledgedSequence)
        }
    }

    /// Goes on in a new run, as the auditor can't take what follows in this one.
    ///
    /// - Parameter stored: The number of the last event of this run that the auditor has.
    func beginNewRun(after run: String, stored: Int64) {
        perform { buffer in
            guard buffer.run == run else { return }
            let lost = max(0, buffer.acknowledgedSequence - max(0, stored))
            logger.error(
                "Auditor does not have the events that it had acknowledged; a new run begins",
                metadata: ["event.run": "\(run)", "event.stored": "\(stored)", "event.lost": "\(lost)"])
            try buffer.restart(run: Self.newRun(), lost: Int(lost))
        }
    }

    /// Counts the only event of a batch as dropped, as the auditor refuses it.
    ///
    /// - Returns: false where it has to stay.
    func drop(_ batch: AppendEventsRequest, because error: ServiceError) -> Bool {
        var isDropped = false
        perform { buffer in
            guard buffer.run == batch.run, buffer.acknowledgedSequence + 1 == batch.firstSequence else { return }
            isDropped = try buffer.replaceFirst(time: Date.now)
        }
        if isDropped {
            logger.error(
                "Auditor refuses an event; it is dropped",
                metadata: ["event.sequence": "\(batch.firstSequence)", "error": "\(error)"])
        }
        return isDropped
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
