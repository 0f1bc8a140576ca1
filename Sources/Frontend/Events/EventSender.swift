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
    /// How often the auditor hears of a process that has no events.
    var signOfLifeInterval = Duration.seconds(15)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            async let signs: Void = giveSignsOfLife()
            await sendUntilCancelled()
            await signs
        }
        recorder.close()
        await sendRest()
    }

    /// A silent process is otherwise not told from one that is gone. What the auditor answers does not matter here.
    private func giveSignsOfLife() async {
        while (try? await Task.sleep(for: signOfLifeInterval)) != nil {
            _ = try? await auditor.position(recorder.signOfLife())
        }
    }

    private func sendUntilCancelled() async {
        var failures = 0
        var limit = Self.maximumBatch
        for await _ in recorder.wakeUps {
            while !Task.isCancelled {
                switch await sendBatch(&limit) {
                case .sent:
                    if failures > 0 {
                        logger.notice(
                            "Auditor takes events again", metadata: ["event.backlog": "\(recorder.counts.backlog)"])
                    }
                    failures = 0
                    continue
                case .sendAnother:
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
        var limit = Self.maximumBatch
        while ContinuousClock.now < end, !Task.isCancelled {
            let outcome = await CallBudget.$current.withValue(Self.closingTime) { await sendBatch(&limit) }
            switch outcome {
            case .nothingToSend: return
            case .sent, .sendAnother: continue
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
        /// Refused as it was; the next batch is a smaller one, or lacks what can't be sent.
        case sendAnother
        case failed(any Error)
    }

    /// - Parameter limit: The most events that a batch may have now.
    private func sendBatch(_ limit: inout Int) async -> Outcome {
        guard let batch = recorder.batch(maximumCount: limit, maximumBytes: Self.maximumBatchBytes) else {
            return .nothingToSend
        }
        do {
            recorder.acknowledged(try await auditor.append(batch), run: batch.run)
            limit = min(2 * limit, Self.maximumBatch)
            return .sent
        } catch let error as ServiceError {
            return await refused(batch, error, limit: &limit)
        } catch {
            return .failed(error)
        }
    }

    /// What sending the same again would not mend.
    private func refused(_ batch: AppendEventsRequest, _ error: ServiceError, limit: inout Int) async -> Outcome {
        switch error.code {
        case .eventGap, .eventConflict:
            do {
                let stored = try await auditor.position(EventPositionRequest(run: batch.run)).acknowledgedSequence
                recorder.beginNewRun(after: batch.run, stored: stored)
            } catch {
                return .failed(error)
            }
            return .failed(error)
        case .invalidEvent, .messageTooLarge:
            guard batch.lines.count == 1 else {
                limit = batch.lines.count / 2
                return .sendAnother
            }
            return recorder.drop(batch, because: error) ? .sendAnother : .failed(error)
        default:
            return .failed(error)
        }
    }

    /// From a fifth of a second to five, with jitter.
    private static func pause(afterFailures failures: Int) -> Duration {
        let base = min(0.2 * pow(2, Double(min(failures, 10) - 1)), 5)
        return .seconds(base * Double.random(in: 0.75...1.25))
    }
}
