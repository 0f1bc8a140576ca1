internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation

/// Events of one source and run, checked, in order: what the writer stores as one.
struct IncomingEvents: Sendable {
    struct Event: Sendable {
        let line: String
        /// Whether it says that its run has ended in good order.
        let closesRun: Bool
        /// When it happened, in seconds since 1970; 0 where it does not say.
        let time: Int64
    }

    /// The most events that one request may carry.
    static let maximumCount = 2000

    let source: String
    let run: String
    let firstSequence: Int64
    let events: [Event]
    let bytes: Int

    /// Checks every line: an event of this version, not too long, and of the source, run and number that it came with.
    ///
    /// - Throws: ``ServiceError`` with code `invalid-event`.
    init(source: String, request: AppendEventsRequest) throws {
        guard (1...128).contains(request.run.utf8.count) else {
            throw ServiceError(.invalidEvent, "A run's name has from 1 to 128 bytes.")
        }
        guard request.firstSequence >= 1 else {
            throw ServiceError(.invalidEvent, "Events are numbered from 1, not from \(request.firstSequence).")
        }
        guard request.lines.count <= Self.maximumCount,
            request.firstSequence <= Int64.max - Int64(Self.maximumCount)
        else {
            throw ServiceError(.invalidEvent, "One request carries at most \(Self.maximumCount) events.")
        }
        self.source = source
        run = request.run
        firstSequence = request.firstSequence
        var bytes = 0
        events = try request.lines.enumerated().map { offset, line in
            bytes += line.utf8.count
            let sequence = request.firstSequence + Int64(offset)
            return try Self.checked(line, source: source, run: request.run, sequence: sequence)
        }
        self.bytes = bytes
    }

    private static func checked(_ line: String, source: String, run: String, sequence: Int64) throws -> Event {
        let refusal = "Event \(sequence) of run \(run) is refused: "
        guard line.utf8.count <= AuditEvent.maximumLineBytes else {
            throw ServiceError(
                .invalidEvent,
                refusal + "its line has \(line.utf8.count) of at most \(AuditEvent.maximumLineBytes) bytes.")
        }
        var line = line
        guard !line.withUTF8({ bytes in bytes.contains { $0 < 0x20 } }) else {
            throw ServiceError(.invalidEvent, refusal + "its line holds a line break or another control character.")
        }
        let event: AuditEvent
        do {
            event = try AuditEvent(line: line)
        } catch {
            throw ServiceError(
                .invalidEvent, refusal + "its line is no event of schema \(AuditEvent.schema).", cause: error)
        }
        guard event.schema == AuditEvent.schema else {
            throw ServiceError(
                .invalidEvent, refusal + "it is of schema \(event.schema), and this auditor knows \(AuditEvent.schema)."
            )
        }
        guard event.source == source, event.run == run, event.sequence == sequence else {
            throw ServiceError(
                .invalidEvent,
                refusal + "its line says source \(event.source), run \(event.run), number \(event.sequence),"
                    + " and it came from \(source).")
        }
        return Event(
            line: line, closesRun: event.type == .stopped, time: EventSeconds.of(event.time) ?? 0)
    }
}
