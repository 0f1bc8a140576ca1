internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Logging
internal import ServiceLifecycle

/// Sends recorded events to the auditor, in order and in batches, until they are acknowledged.
struct EventSender: Service {
    static let maximumBatch = 200
    /// Below the transport's bound of 256 KiB a message, with room for the envelope.
    static let maximumBatchBytes = 160 * 1024
    /// How long the last events may take at the end of the process.
    static let closingTime = Duration.seconds(2)

    let recorder: EventRecorder
    let auditor: any AuditBackend
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await sendUntilCancelled()
        }
        recorder.close()
        await sendRest()
    }

    private func sendUntilCancelled() async {
        var failures = 0
        for await _ in recorder.wakeUps {
            while !Task.isCancelled {
                switch await sendBatch() {
                case .sent:
                    if failures > 0 {
                        logger.notice(
                            "Auditor takes events again", metadata: ["event.backlog": "\(recorder.counts.backlog)"])
                    }
                    failures = 0
                    continue
                case .failed(let error):
                    if failures == 0 {
                        logger.warning("Auditor does not take events", metadata: ["error": "\(error)"])
                    }
                    failures += 1
                    try? await Task.sleep(for: Self.pause(afterFailures: failures))
                    continue
                case .nothingToSend:
                    break
                }
                break
            }
        }
    }

    /// The closing event and what is before it, as far as the time reaches.
    private func sendRest() async {
        let end = ContinuousClock.now + Self.closingTime
        var failures = 0
        while ContinuousClock.now < end, !Task.isCancelled {
            switch await CallBudget.$current.withValue(Self.closingTime, operation: sendBatch) {
            case .nothingToSend: return
            case .sent: continue
            case .failed:
                failures += 1
                try? await Task.sleep(for: min(Self.pause(afterFailures: failures), .milliseconds(300)))
            }
        }
        logger.warning("Events are left unsent", metadata: ["event.backlog": "\(recorder.counts.backlog)"])
    }

    private enum Outcome {
        case sent
        case nothingToSend
        case failed(any Error)
    }

    private func sendBatch() async -> Outcome {
        guard let batch = recorder.batch(maximumCount: Self.maximumBatch, maximumBytes: Self.maximumBatchBytes) else {
            return .nothingToSend
        }
        do {
            recorder.acknowledged(try await auditor.append(batch), run: batch.run)
            return .sent
        } catch {
            return .failed(error)
        }
    }

    /// From a fifth of a second to five, with jitter.
    private static func pause(afterFailures failures: Int) -> Duration {
        let base = min(0.2 * pow(2, Double(min(failures, 10) - 1)), 5)
        return .seconds(base * Double.random(in: 0.75...1.25))
    }
}
