internal import ClusterProtocol
internal import Foundation
internal import NIOCore

/// The events of this process's run that the auditor has not acknowledged, numbered and bounded (design §7, §9).
///
/// What finds no room is counted, and the count becomes an event of its own as soon as there is room again: the
/// numbers never have a gap, and nothing disappears in silence.
struct EventBuffer {
    private struct Entry {
        var line: String
        var cost: Int
    }

    let source: String
    private(set) var run: String
    let maximumCount: Int
    let maximumBytes: Int

    private var entries = CircularBuffer<Entry>()
    private var bytes = 0
    /// The number of the first entry.
    private var firstSequence: Int64 = 1
    /// Dropped since the last event that declared it.
    private var undeclared = 0
    private(set) var droppedTotal = 0

    /// Kept free for the declarations themselves.
    private static let reserve = 8

    init(source: String, run: String, maximumCount: Int, maximumBytes: Int) {
        self.source = source
        self.run = run
        self.maximumCount = max(maximumCount, 2 * Self.reserve)
        self.maximumBytes = maximumBytes
    }

    /// The number of the last event that the auditor has acknowledged.
    var acknowledgedSequence: Int64 { firstSequence - 1 }

    /// Unacknowledged events.
    var count: Int { entries.count }

    private var nextSequence: Int64 { firstSequence + Int64(entries.count) }

    /// Numbers an event and keeps it, or counts it as dropped.
    ///
    /// - Throws: What the encoding throws; then the event is counted as dropped too.
    mutating func append(_ event: AuditEvent) throws {
        declareDropped(time: event.time)
        guard undeclared == 0, entries.count < maximumCount - Self.reserve, bytes < maximumBytes else {
            drop(1)
            return
        }
        do {
            try keep(event)
        } catch {
            drop(1)
            throw error
        }
    }

    /// Keeps the run's last event even where there is no room for others.
    mutating func close(_ event: AuditEvent) throws {
        declareDropped(time: event.time, force: true)
        try keep(event)
    }

    /// The events to send next, from the first unacknowledged one on; nil where there is none.
    mutating func batch(maximumCount: Int, maximumBytes: Int, time: Date) -> AppendEventsRequest? {
        declareDropped(time: AuditEvent.timestamp(time))
        guard !entries.isEmpty else { return nil }
        var left = maximumBytes
        var lines: [String] = []
        for entry in entries.prefix(maximumCount) {
            left -= entry.cost
            guard left >= 0 || lines.isEmpty else { break }
            lines.append(entry.line)
        }
        return AppendEventsRequest(
            run: run, firstSequence: firstSequence, lines: lines, backlog: Int64(entries.count - lines.count))
    }

    /// Lets go of what the auditor has stored.
    ///
    /// - Returns: false where the auditor has less than it had acknowledged before: then it would refuse what follows
    ///   as a gap, and ``restart(run:)`` is needed.
    mutating func acknowledged(upTo sequence: Int64) -> Bool {
        guard sequence >= firstSequence - 1 else { return false }
        while firstSequence <= sequence, let entry = entries.popFirst() {
            bytes -= entry.cost
            firstSequence += 1
        }
        return true
    }

    /// Begins a new run, with the unacknowledged events numbered anew.
    ///
    /// - Parameter lost: How many acknowledged events the auditor has lost; declared like those that found no room.
    /// - Throws: What the encoding of an event threw, which is counted as dropped then; the others are kept.
    mutating func restart(run: String, lost: Int = 0) throws {
        let lines = entries.map(\.line)
        self.run = run
        entries.removeAll()
        bytes = 0
        firstSequence = 1
        drop(lost)
        var failure: (any Error)?
        for line in lines {
            do {
                try keep(AuditEvent(line: line))
            } catch {
                drop(1)
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Puts the declaration of one dropped event in the place of the first one, which the auditor refuses.
    ///
    /// - Returns: false where that is such a declaration itself: then nothing that this source says is taken.
    mutating func replaceFirst(time: Date) throws -> Bool {
        guard let first = entries.first, (try? AuditEvent(line: first.line))?.type != .dropped else { return false }
        var event = AuditEvent(.dropped, time: time)
        event.count = 1
        let entry = try entry(event, sequence: firstSequence)
        bytes += entry.cost - first.cost
        entries[entries.startIndex] = entry
        droppedTotal += 1
        return true
    }

    private mutating func keep(_ event: AuditEvent) throws {
        let entry = try entry(event, sequence: nextSequence)
        entries.append(entry)
        bytes += entry.cost
    }

    private func entry(_ event: AuditEvent, sequence: Int64) throws -> Entry {
        var event = event
        event.source = source
        event.run = run
        event.sequence = sequence
        event.node = event.node ?? source
        let line = try event.line()
        return Entry(line: line, cost: AppendEventsRequest.encodedBytes(of: line))
    }

    private mutating func drop(_ count: Int) {
        undeclared += count
        droppedTotal += count
    }

    private mutating func declareDropped(time: String, force: Bool = false) {
        // With half of the room back, not at every single place that gets free: else every second event of a flood
        // would be such a declaration.
        let hasRoom = entries.count < maximumCount / 2 && bytes < maximumBytes / 2
        guard undeclared > 0, force || hasRoom else { return }
        var event = AuditEvent(.dropped, time: Date.now)
        event.time = time
        event.count = undeclared
        guard (try? keep(event)) != nil else { return }
        undeclared = 0
    }
}
