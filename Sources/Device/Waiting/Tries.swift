internal import Foundation

/// Makes tries until one succeeds, fails for good, or the device's patience is at its end.
package struct Tries: Sendable {
    /// What happens on the way, for whoever watches.
    package enum Step: Sendable, Equatable {
        /// The server wants the request to wait for a person, and to be sent again after so many seconds.
        case waitsForApproval(seconds: Double)
        /// A try failed; the next one comes after so many seconds.
        case failed(reason: String, seconds: Double)
    }

    enum Outcome<Value> {
        case done(Value)
        /// 202
        case pending(retryAfter: Double?)
    }

    var patience: Patience
    var watch: @Sendable (Step) -> Void = { _ in }
    /// Seconds of a clock that only goes forward.
    var clock: @Sendable () -> Double = { Double(DispatchTime.now().uptimeNanoseconds) / 1_000_000_000 }
    var sleep: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
    var jitter: @Sendable () -> Double = { .random(in: 0...1) }

    /// - Throws: ``DeviceError``: `refused` and the like at once; `unreachable`, `serverFailed` and `stillPending` when
    ///   the time is used up.
    func run<Value>(_ once: () async throws -> Outcome<Value>) async throws -> Value {
        var plan = TryPlan(patience)
        let start = clock()
        while true {
            do {
                switch try await once() {
                case .done(let value):
                    return value
                case .pending(let asked):
                    let pause = plan.pause(afterPending: asked, elapsed: clock() - start, jitter: jitter())
                    guard let pause else {
                        throw DeviceError(
                            .stillPending, "The request waits for approval.", status: 202, retryAfter: asked)
                    }
                    watch(.waitsForApproval(seconds: pause))
                    try await sleep(pause)
                }
            } catch let error as DeviceError where error.isTransient {
                let pause = plan.pause(
                    afterFailure: error.retryAfter, elapsed: clock() - start, jitter: jitter())
                guard let pause else { throw error }
                watch(.failed(reason: error.message, seconds: pause))
                try await sleep(pause)
            }
        }
    }
}
