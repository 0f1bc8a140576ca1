internal import ClusterProtocol
internal import Foundation
internal import PKI

/// What the index keeps of an event.
struct IndexEntry: Sendable {
    let place: Int64
    let id: String
    let time: String
    let type: String
    let source: String
    let label: String?
    let decision: String?
    let principal: String?
    let serial: String?
    /// In lower case: what a part of a subject or a name is looked for in. Names stand one a line.
    let subject: String?
    let names: String?
    /// What the event is found by, as ``SearchTerms`` writes it.
    let terms: String
    let counted: EventCounts.Counted
    let certificate: NewestCertificates.Change?

    /// A line of the log was checked before it was stored; one that can't be read even so is indexed as `unreadable`, so
    /// that it is found rather than stopping the index.
    init(place: Int64, line: String) {
        self.place = place
        guard let event = try? AuditEvent(line: line) else {
            (id, time, type, source) = ("", "", "unreadable", "")
            (label, decision, principal, serial, subject, names) = (nil, nil, nil, nil, nil, nil)
            var terms = SearchTerms()
            terms.add(.type, type)
            self.terms = terms.text
            counted = EventCounts.Counted(minute: nil, type: type, label: nil, reason: nil, source: "", node: nil)
            certificate = nil
            return
        }
        id = event.id
        time = event.time
        type = event.type.rawValue
        source = event.source
        label = event.label
        decision = event.decision?.rawValue
        principal = event.principal
        serial = event.serial?.lowercased()
        subject = event.subject?.lowercased()
        names = event.names.flatMap { $0.isEmpty ? nil : $0.joined(separator: "\n").lowercased() }
        terms = SearchTerms(of: event).text
        counted = EventCounts.Counted(
            minute: EventMinute.of(event.time), type: type, label: label, reason: event.reason, source: source,
            node: event.node, outcome: RequestOutcome(event))
        certificate = NewestCertificates.Change(event)
    }
}

/// Minutes since 1970 of the times of events.
enum EventMinute {
    /// The minute of a time as events write it, RFC 3339 in UTC; nil for another text.
    static func of(_ time: String) -> Int64? {
        EventSeconds.of(time).map { $0 / 60 }
    }
}
