internal import Fleet
internal import Foundation
internal import Synchronization

/// Shows how a run gets on: one line that changes on a terminal, a line now and then elsewhere. On standard error.
final class FleetDisplay: Sendable {
    private struct State {
        var isLineOpen = false
        var lastLine = Date.distantPast
        var end: FleetPlan.End?
    }

    private let isTerminal: Bool
    private let isQuiet: Bool
    private let state = Mutex(State())

    init(isTerminal: Bool, isQuiet: Bool) {
        self.isTerminal = isTerminal
        self.isQuiet = isQuiet
    }

    /// Seconds between two reports.
    var interval: Double { isTerminal ? 0.5 : 5 }

    func preparing(_ what: String, _ done: Int, of all: Int) {
        let part = Double(done) / Double(max(1, all))
        let bar = isTerminal ? FleetText.bar(part) + " " : ""
        show("\(what): \(bar)\(FleetText.count(done)) of \(FleetText.count(all))", isDue: false)
    }

    func begin(_ plan: FleetPlan) {
        end()
        state.withLock { $0.end = plan.end }
    }

    func show(_ progress: FleetRun.Progress) {
        let part: Double? =
            switch state.withLock({ $0.end }) {
            case .count(let count): Double(progress.succeeded + progress.refused + progress.failed) / Double(count)
            case .duration(let seconds): progress.elapsedSeconds / seconds
            case nil: nil
            }
        var text = "\(FleetText.seconds(progress.elapsedSeconds)) "
        if let part, isTerminal { text += FleetText.bar(part) + " " }
        text += "\(FleetText.count(progress.succeeded)) done, \(FleetText.count(Int(progress.perSecond)))/s"
        text +=
            ", p50 \(FleetText.latency(progress.p50Microseconds)), p99 \(FleetText.latency(progress.p99Microseconds))"
        text += ", \(progress.inFlight) in flight"
        if progress.refused > 0 { text += ", \(FleetText.count(progress.refused)) refused" }
        if progress.failed > 0 { text += ", \(FleetText.count(progress.failed)) failed" }
        show(text, isDue: true)
    }

    /// Leaves the line that changes.
    func end() {
        state.withLock { state in
            if state.isLineOpen { try? Output.write("\n", to: STDERR_FILENO) }
            state.isLineOpen = false
            state.lastLine = .distantPast
        }
    }

    private func show(_ text: String, isDue: Bool) {
        guard !isQuiet else { return }
        state.withLock { state in
            let now = Date()
            let pause = isTerminal ? 0.2 : 5
            guard isDue || now.timeIntervalSince(state.lastLine) >= pause else { return }
            state.lastLine = now
            if isTerminal {
                state.isLineOpen = true
                try? Output.write("\r\u{1b}[K" + text, to: STDERR_FILENO)
            } else {
                Output.remark(text)
            }
        }
    }
}
