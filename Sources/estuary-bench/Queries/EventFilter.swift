internal import ClusterProtocol
internal import Foundation
internal import PKI

/// What a question asks of events: as the console's query, and as the fleet itself tells what it meets.
struct EventFilter: Sendable {
    var kind: LoggedFleet.Kind?
    var label: UInt8?
    var source: UInt8?
    var isAllowed: Bool?
    var secret: Int?
    /// The certificate that an event has issued.
    var certificate: Int?
    /// A part of a name: the first digits of the number in it, and how many.
    var nameDigits: (value: UInt32, count: Int)?
    var name: Int?
    var subject: Int?
    /// A device's name among the words of the text.
    var word: Int?
    /// Words that stand in every event of a label by which a device renewed.
    var renewalsOf: UInt8?
    /// In milliseconds since 1970.
    var time: Range<Int64>?
    var below: Int64?
    var limit = 100

    /// The path and query that ask for it.
    var target: String {
        var items: [(String, String)] = []
        func add(_ name: String, _ value: String?) {
            if let value { items.append((name, value)) }
        }
        add("type", kind?.type.rawValue)
        add("label", label.map { LoggedFleet.labels[Int($0)] })
        add("source", source.map(LoggedLines.source))
        add("decision", isAllowed.map { $0 ? "allowed" : "denied" })
        add("principal", secret.map(LoggedLines.principal))
        add("serial", certificate.map { LoggedLines.serial($0).hexadecimal })
        add("name", name.map(DeviceName.text))
        add(
            "name",
            nameDigits.map { digits, count in
                let text = String(digits, radix: 16)
                return "e-" + String(repeating: "0", count: count - text.count) + text
            })
        add("subject", subject.map(DeviceName.text))
        add("text", word.map { DeviceName.text($0).replacing("-", with: " ") })
        add("text", renewalsOf.map { "simplereenroll " + LoggedFleet.labels[Int($0)] })
        add("since", time.map { UTCTime.text(milliseconds: $0.lowerBound) })
        add("until", time.map { UTCTime.text(milliseconds: $0.upperBound) })
        add("cursor", below.map { String($0) })
        add("limit", limit == 100 ? nil : String(limit))
        let query = items.map { name, value in
            name + "=" + (value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? value)
        }
        return "/api/v1/events" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }

    /// How many events a page has, of all that the log has of a year.
    func pageCount(_ facts: [LoggedFleet.Facts]) -> Int {
        var found = 0
        for (number, facts) in facts.enumerated() where matches(number, facts) {
            found += 1
            if found == limit { break }
        }
        return found
    }

    private func matches(_ number: Int, _ facts: LoggedFleet.Facts) -> Bool {
        if let kind, facts.kind != kind { return false }
        if let label, facts.label != label { return false }
        if let source, facts.source != source { return false }
        if let isAllowed, facts.isAllowed != isAllowed { return false }
        if let secret, facts.secret != secret { return false }
        if let certificate, facts.certificate != certificate { return false }
        if let nameDigits {
            guard let device = facts.device,
                DeviceName.scrambled(device) >> (32 - 4 * UInt32(nameDigits.count)) == nameDigits.value
            else { return false }
        }
        for device in [name, subject, word] {
            if let device, facts.device != device { return false }
        }
        if let renewalsOf, !facts.isRenewal || facts.label != renewalsOf { return false }
        if let time, !time.contains(facts.time) { return false }
        if let below, FilledAuditor.place(number) >= below { return false }
        return true
    }
}
