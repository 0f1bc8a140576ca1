/// An event's line that lacks only its number.
///
/// Whoever numbers events does it one after another, inside a transaction; encoding is done before, by whoever makes
/// the event.
package struct UnnumberedEventLine: Sendable {
    private let head: String
    private let tail: String

    /// Encodes an event whose number is still to come.
    ///
    /// - Throws: as ``AuditEvent/line(maximumBytes:)``.
    package init(_ event: AuditEvent) throws {
        var event = event
        event.sequence = 0
        // Room for the longest number.
        let line = try event.written(maximumBytes: AuditEvent.maximumLineBytes - 20)
        head = String(decoding: line.bytes[..<line.sequence.lowerBound], as: UTF8.self)
        tail = String(decoding: line.bytes[line.sequence.upperBound...], as: UTF8.self)
    }

    /// The line with its number.
    package func numbered(_ sequence: Int64) -> String {
        head + String(sequence) + tail
    }
}
