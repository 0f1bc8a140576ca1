internal import FuzzEngine

@testable internal import ClusterProtocol

extension FuzzTarget {
    /// The line of an event, as the auditor has it from a node (design §9).
    static let event = FuzzTarget(name: "event") { input in
        guard let line = String(validating: input, as: UTF8.self) else { return }
        let event: AuditEvent
        do {
            event = try AuditEvent(line: line)
        } catch {
            expect(error is EventLineError, "a line is refused in a known way, not by \(error)")
            return
        }
        guard let written = try? event.line() else { return }
        expect(written.utf8.count <= AuditEvent.maximumLineBytes, "a line is never longer than allowed")
        expect(
            written.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.properties.generalCategory != .control },
            "no control character is written")
        let again = must("a line that was written is read") { try AuditEvent(line: written) }
        if input.count <= AuditEvent.maximumLineBytes / 8 {
            expect(again == event, "an event is the same when read back")
        }
        expect(must("it is written again", { try again.line() }) == written, "an event has one line")
    }
}
