/// An event's line that lacks only its number.
///
/// Whoever numbers events does it one after another, inside a transaction; encoding is done before, by whoever makes
/// the event.
package struct UnnumberedEventLine: Sendable {
    private let head: String
    private let tail: String

    /// Encodes an event whose number is still to come.
    ///
    /// - Throws: `EncodingError` where the event can't be written as JSON.
    package init(_ event: AuditEvent) throws {
        var unnumbered = event
        unnumbered.sequence = 0
        let mark = "\"sequence\":"
        // Room for the longest number. Quotes in values are escaped, so that the mark stands only where the field is.
        let line = try unnumbered.line(maximumBytes: AuditEvent.maximumLineBytes - 20)
        guard let place = line.firstRange(of: mark + "0") else {
            throw EncodingError.invalidValue(
                event, .init(codingPath: [], debugDescription: "the encoded event has no number"))
        }
        head = line[..<place.lowerBound] + mark
        tail = String(line[place.upperBound...])
    }

    /// The line with its number.
    package func numbered(_ sequence: Int64) -> String {
        head + String(sequence) + tail
    }
}
