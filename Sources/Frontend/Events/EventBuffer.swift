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
        return AppendEventsRequest(run: run, firstSequence: firstSequence, lines: lines)
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
    mutating func restart(run: String) throws {
        let lines = entries.map(\.line)
        self.run = run
        entries.removeAll()
        bytes = 0
        firstSequence = 1
        for line in lines {
            try keep(AuditEvent(line: line))
        }
    }

    private mutating func keep(_ event: AuditEvent) throws {
        var event = event
        event.source = source
        event.run = run
        event.sequence = nextSequence
        event.node = event.node ?? source
        let line = try event.line()
        // As a string in JSON, where quotes and backslashes take two bytes.
        let cost = line.utf8.reduce(3) { $0 + ($1 == UInt8(ascii: "\"") || $1 == UInt8(ascii: "\\") ? 2 : 1) }
        entries.append(Entry(line: line, cost: cost))
        bytes += cost
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
