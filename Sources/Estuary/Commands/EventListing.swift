internal import ClusterProtocol
internal import Foundation

/// Fetches events page by page.
struct EventListing {
    let auditor: AuditAdministrationService
    let filter: ListEventsRequest

    /// Prints the newest events, or all of them, oldest first.
    ///
    /// - Returns: the size of the log when this began: everything up to there has been looked at.
    func print(newest: Int?, with printer: EventPrinter) async throws -> Int64 {
        let size = try await auditor.status(AuditorStatusRequest()).logSize
        guard let newest else {
            try await printAll(after: 0, upTo: size, with: printer)
            return size
        }
        var request = filter
        request.newestFirst = true
        request.cursor = size + 1
        var lines: [String] = []
        while lines.count < newest {
            request.limit = min(1000, newest - lines.count)
            let page = try await auditor.events(request)
            lines += page.lines
            guard let next = page.nextCursor else { break }
            request.cursor = next
        }
        for line in lines.reversed() { try printer.print(line) }
        return size
    }

    /// Prints events as they come, until the task is cancelled or the auditor goes away.
    func follow(after place: Int64, with printer: EventPrinter) async throws {
        var place = place
        while true {
            try await Task.sleep(for: .milliseconds(500))
            let size = try await auditor.status(AuditorStatusRequest()).logSize
            guard size > place else { continue }
            try await printAll(after: place, upTo: size, with: printer)
            place = size
        }
    }

    private func printAll(after place: Int64, upTo last: Int64, with printer: EventPrinter) async throws {
        var request = filter
        request.newestFirst = false
        request.limit = 1000
        request.cursor = place
        while true {
            let page = try await auditor.events(request)
            for (place, line) in zip(page.places, page.lines) where place <= last { try printer.print(line) }
            guard let next = page.nextCursor, next < last else { return }
            request.cursor = next
        }
    }
}

/// Prints events one a line: as they are, or what matters in columns of fixed width.
final class EventPrinter {
    let json: Bool
    private(set) var count = 0

    init(json: Bool) {
        self.json = json
    }

    func print(_ line: String) throws {
        count += 1
        try Output.line(json ? line : Self.text(try AuditEvent(line: line)))
    }

    /// An event as one line for people.
    static func text(_ event: AuditEvent) -> String {
        var parts: [String] = [
            String(event.time.prefix(19)) + "Z",
            event.type.rawValue.padded(to: 14),
            (event.node ?? event.source).padded(to: 11),
        ]
        if let label = event.label { parts.append("[\(label)]") }
        if let subject = event.subject {
            parts.append(subject)
        } else if let names = event.names {
            parts.append(names.prefix(3).joined(separator: " ") + (names.count > 3 ? " …" : ""))
        }
        if let serial = event.serial { parts.append("serial \(serial)") }
        let reason = [event.reason.map { "\($0)" }, event.reasonText].compactMap(\.self).joined(separator: ": ")
        if !reason.isEmpty { parts.append(reason) }
        if let reason = event.revocationReason { parts.append("(\(reason))") }
        if let principal = event.principal { parts.append("by \(principal)") }
        if let person = event.operator { parts.append("by \(person)") }
        if let address = event.remoteAddress { parts.append("from \(address)") }
        if let count = event.count, count != 1 { parts.append("× \(count)") }
        return parts.map(PlainText.visible).joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
