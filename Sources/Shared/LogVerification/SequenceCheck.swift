package import ClusterProtocol

/// Reads events in the order of the log: each source numbers each of its runs from 1, without a gap.
package struct SequenceCheck: Sendable {
    package struct Run: Sendable, Hashable {
        package var source: String
        package var run: String
    }

    /// What the events of a run tell.
    package struct State: Sendable, Equatable {
        package var first: Int64
        package var last: Int64
        /// Whether the last one says that the run ended in good order.
        package var isClosed: Bool
        /// Of the last one, in seconds since 1970.
        package var time: Int64
        package var lastPlace: Int64
    }

    package private(set) var runs: [Run: State] = [:]
    /// Events that sources said they could not keep.
    package private(set) var dropped: Int64 = 0
    /// What the newest `pruned` event says: events up to there were pruned.
    package private(set) var pruned: Int64 = 0
    package private(set) var findings = Findings()

    package init() {}

    /// Takes the next event.
    ///
    /// - Parameter first: which number a run that is new here begins with; nil where that is not known.
    /// - Returns: the event; nil where the line is none.
    package mutating func append(_ line: [UInt8], place: Int64, firstSequence: (Run) -> Int64?) -> AuditEvent? {
        guard let text = String(validating: line, as: UTF8.self), let event = try? AuditEvent(line: text) else {
            findings.add(.event, "events.line, place \(place)", "The line is no event.")
            return nil
        }
        let run = Run(source: event.source, run: event.run)
        let closes = event.type == .stopped
        let time = EventSeconds.of(event.time) ?? 0
        if var state = runs[run] {
            if event.sequence != state.last + 1 {
                gap(run, event, place, "\(event.sequence) follows \(state.last)")
            }
            state.last = event.sequence
            state.isClosed = closes
            state.time = time
            state.lastPlace = place
            runs[run] = state
        } else {
            if let first = firstSequence(run), event.sequence != first {
                gap(run, event, place, "the first is \(event.sequence), and \(first) should be")
            }
            runs[run] = State(
                first: event.sequence, last: event.sequence, isClosed: closes, time: time, lastPlace: place)
        }
        if event.type == .dropped { dropped += Int64(event.count ?? 0) }
        if event.type == .pruned, event.source == AuditEvent.auditorSource { pruned = Int64(event.count ?? 0) }
        return event
    }

    private mutating func gap(_ run: Run, _ event: AuditEvent, _ place: Int64, _ what: String) {
        findings.add(
            .sequence, "events, place \(place)",
            "The numbers of \(run.source), run \(run.run), have a gap or a repetition: \(what).")
    }
}
