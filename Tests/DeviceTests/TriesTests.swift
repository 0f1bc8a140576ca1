internal import Foundation
internal import NIOHTTP1
internal import Synchronization
internal import Testing

@testable internal import Device

/// What a device waits for, and how long, on a clock of the tests' own.
@Suite struct TriesTests {
    /// Goes forward when someone sleeps.
    private final class Time: Sendable {
        private let state = Mutex((now: 0.0, pauses: [Double]()))

        var now: Double { state.withLock { $0.now } }
        var pauses: [Double] { state.withLock { $0.pauses } }

        func sleep(_ seconds: Double) {
            state.withLock { $0 = ($0.now + seconds, $0.pauses + [seconds]) }
        }
    }

    private func run(
        _ longestWait: Double, jitter: Double = 0,
        _ outcomes: (Int) throws -> Tries.Outcome<Int>
    ) async -> (result: Result<Int, any Error>, pauses: [Double], tries: Int) {
        let time = Time()
        var tries = Tries(patience: Patience(longestWait: longestWait))
        tries.clock = { time.now }
        tries.sleep = { time.sleep($0) }
        tries.jitter = { jitter }
        var count = 0
        do {
            let value = try await tries.run {
                count += 1
                return try outcomes(count)
            }
            return (.success(value), time.pauses, count)
        } catch {
            return (.failure(error), time.pauses, count)
        }
    }

    private func failed(_ retryAfter: Double? = nil) -> DeviceError {
        DeviceError(.serverFailed, "", status: 503, retryAfter: retryAfter)
    }

    @Test("A server that is away is tried again, ever more slowly, as long as patience lasts")
    func backOff() async {
        let run = await run(60, jitter: 1) { _ in throw DeviceError(.unreachable, "") }
        #expect(run.pauses == [1, 2, 4, 8, 16])
        #expect(throws: DeviceError(.unreachable, "")) { try run.result.get() }
        // With the smallest jitter pauses are half as long.
        let early = await self.run(10, jitter: 0) { _ in throw DeviceError(.unreachable, "") }
        #expect(early.pauses == [0.5, 1, 2, 4])
    }

    @Test("What the server asks for is never undercut")
    func retryAfter() async throws {
        let run = await run(600, jitter: 0.5) { count in
            switch count {
            case 1: throw failed(100)
            case 2: throw failed(0)
            case 3: return .pending(retryAfter: 8)
            case 4: return .pending(retryAfter: nil)
            default: return .done(count)
            }
        }
        #expect(run.pauses == [112.5, 1.125, 9, 67.5])
        #expect(try run.result.get() == 5)
    }

    @Test("A wait that would be too long is not begun", arguments: [Double.infinity, 1e300, 61, 59.9])
    func tooLong(_ asked: Double) async {
        let pending = await run(60, jitter: 1) { _ in .pending(retryAfter: asked) }
        #expect(pending.tries == 1 && pending.pauses.isEmpty)
        #expect(throws: DeviceError(.stillPending, "")) { try pending.result.get() }
        let busy = await run(60, jitter: 1) { _ in throw failed(asked) }
        #expect(busy.tries == 1)
        #expect(throws: failed()) { try busy.result.get() }
    }

    @Test("Without patience there is one try") func none() async {
        let run = await run(0) { _ in .pending(retryAfter: 0) }
        #expect(run.tries == 1)
    }

    @Test(
        "What does not get better by itself is not tried again",
        arguments: [
            DeviceError.Code.refused, .untrustedServer, .badAnswer, .tlsFailed, .wrongFingerprint, .invalidInput,
        ])
    func final(_ code: DeviceError.Code) async {
        let run = await run(60) { _ in throw DeviceError(code, "") }
        #expect(run.tries == 1)
        #expect(throws: DeviceError(code, "")) { try run.result.get() }
    }

    // MARK: Retry-After

    private static let now = Date(timeIntervalSince1970: 784_111_777 - 90)

    @Test(
        "Retry-After is a number of seconds, or a date in any of HTTP's formats",
        arguments: [
            ("120", 120), (" 7 ", 7), ("0", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 90),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 90), ("Sun Nov  6 08:49:37 1994", 90),
            ("Sun, 06 Nov 1994 08:40:00 GMT", 0), ("", nil), ("soon", nil), ("-5", nil), ("1.5", nil), ("٣", nil),
        ] as [(String, Double?)])
    func header(_ value: String, _ seconds: Double?) {
        let headers: HTTPHeaders = ["Retry-After": value]
        #expect(headers.retryAfter(now: Self.now) == seconds)
    }

    @Test("A Retry-After of any length is read") func longHeader() {
        let headers: HTTPHeaders = ["Retry-After": String(repeating: "9", count: 400)]
        #expect(headers.retryAfter(now: Self.now) == .infinity)
        #expect(HTTPHeaders().retryAfter(now: Self.now) == nil)
    }
}
