internal import Foundation

/// The questions of each kind, drawn from what the log has; the same for the same log.
struct QuestionSet {
    let fleet: LoggedFleet
    /// How many of each kind.
    let count: Int
    private let facts: [LoggedFleet.Facts]
    private static let day: Int64 = 86_400_000

    init(fleet: LoggedFleet, count: Int) {
        self.fleet = fleet
        self.count = count
        facts = (0..<fleet.count).map(fleet.facts)
    }

    /// A name for each kind, in the order in which they are asked.
    var kinds: [(name: String, questions: [Question])] {
        [
            ("newest events", page { number, _ in EventFilter(limit: 51 + number) }),
            ("serial", page { EventFilter(certificate: issued($1)) }),
            ("serial, absent", page { number, _ in EventFilter(certificate: fleet.count + 1_000_000 + number) }),
            (
                "type",
                page { number, _ in EventFilter(kind: LoggedFleet.Kind.allCases[number % 5], limit: 51 + number) }
            ),
            ("label, rare", page { number, _ in EventFilter(label: rareLabel, limit: 51 + number) }),
            ("principal", page { _, row in EventFilter(secret: secret(row)) }),
            ("source and decision", page(sourceAndDecision)),
            ("type, label and principal", page(combined)),
            ("two that never meet", page(neverMeeting)),
            ("name, whole", page { EventFilter(name: device($1)) }),
            ("name, six digits", page { EventFilter(nameDigits: (DeviceName.scrambled(device($1)) >> 8, 6)) }),
            (
                "name, one digit",
                page { number, _ in EventFilter(nameDigits: (UInt32(number % 16), 1), limit: 51 + number) }
            ),
            ("name, absent", page { number, _ in EventFilter(name: fleet.devices + number) }),
            ("subject", page { EventFilter(subject: device($1)) }),
            ("subject and type", page { EventFilter(kind: .issued, subject: device($1)) }),
            ("text, two words", page { EventFilter(word: device($1)) }),
            (
                "text, common words",
                page { number, _ in EventFilter(renewalsOf: UInt8(number % 9), limit: 51 + number) }
            ),
            ("a day", page { EventFilter(time: days(1, $1)) }),
            ("30 days and type", page { EventFilter(kind: LoggedFleet.Kind.allCases[$0 % 5], time: days(30, $1)) }),
            (
                "a day, label and type",
                page { EventFilter(kind: .revocationList, label: UInt8($0 % 9), time: days(1, $1)) }
            ),
            ("type, a page far back", page { EventFilter(kind: .issued, below: FilledAuditor.place($1)) }),
            ("counts by minute, 1500", counts("minute", 60_000, buckets: 1500)),
            ("counts by hour, 1500", counts("hour", 3_600_000, buckets: 1500)),
            ("counts by day, a year", counts("day", Self.day, buckets: 365)),
            (
                "expiring certificates",
                (0..<count).map {
                    Question(target: "/api/v1/certificates/expiring?within=\(7 + $0)d", expected: .expiring)
                }
            ),
            ("one event", place { Question(target: "/api/v1/events/\($0)", expected: .event($0)) }),
            ("proof of one event", place { Question(target: "/api/v1/events/\($0)/proof", expected: .proof($0)) }),
            (
                "status",
                (0..<count).map { _ in
                    Question(
                        target: "/api/v1/status", expected: .status(FilledAuditor.place(fleet.count) - 1))
                }
            ),
        ]
    }

    // MARK: Pages of events

    /// - Parameter filter: is given the question's number, and the number of an event drawn for it.
    private func page(_ filter: (Int, Int) -> EventFilter) -> [Question] {
        (0..<count).map { number in
            let filter = filter(number, drawn(number))
            return Question(target: filter.target, expected: .events(filter.pageCount(facts)))
        }
    }

    private func drawn(_ number: Int) -> Int {
        var random = RowRandom(row: number, purpose: 20)
        return Int(random.next() % UInt64(fleet.count))
    }

    /// The next event after one for which something holds, from the beginning where there is none after it.
    private func next(_ row: Int, _ holds: (LoggedFleet.Facts) -> Bool) -> Int {
        (row..<fleet.count).first { holds(facts[$0]) } ?? (0..<row).first { holds(facts[$0]) } ?? 0
    }

    private var rareLabel: UInt8 { UInt8(LoggedFleet.labels.count - 1) }
    private func issued(_ row: Int) -> Int { next(row) { $0.kind == .issued } }
    private func device(_ row: Int) -> Int { facts[next(row) { $0.device != nil }].device ?? 0 }
    private func secret(_ row: Int) -> Int { facts[next(row) { $0.secret != nil }].secret ?? 0 }

    private func sourceAndDecision(_ number: Int, _ row: Int) -> EventFilter {
        let source = UInt8(number % (LoggedFleet.frontends + 1))
        return EventFilter(
            source: source, isAllowed: source == 0 && number.isMultiple(of: 2), limit: 51 + number)
    }

    private func combined(_ number: Int, _ row: Int) -> EventFilter {
        let facts = facts[next(row) { $0.secret != nil }]
        return EventFilter(kind: facts.kind, label: facts.label, secret: facts.secret)
    }

    /// Frontends record refusals only.
    private func neverMeeting(_ number: Int, _ row: Int) -> EventFilter {
        let source = UInt8(number % LoggedFleet.frontends) + 1
        return EventFilter(
            kind: number.isMultiple(of: 2) ? .issued : .replayed, label: UInt8(number / 2 % 9), source: source)
    }

    /// So many days, from an event's second on.
    private func days(_ count: Int64, _ row: Int) -> Range<Int64> {
        let start = min(facts[row].time, fleet.end - count * Self.day) / 1000 * 1000
        return start..<start + count * Self.day
    }

    // MARK: The rest

    private func counts(_ interval: String, _ length: Int64, buckets: Int64) -> [Question] {
        (0..<count).map { number in
            let dimension = ["type", "source", "label"][number % 3]
            let latest = fleet.end - buckets * length
            // From a whole day on, which begins a bucket of each length.
            let start =
                (fleet.start + (drawnTime(number) % max(1, latest - fleet.start))) / Self.day * Self.day + Self.day
            let range = start..<start + buckets * length
            let sum = facts.lazy.filter { range.contains($0.time) }.count
            return Question(
                target: "/api/v1/counts?interval=\(interval)&by=\(dimension)"
                    + "&since=\(UTCTime.text(milliseconds: range.lowerBound))"
                    + "&until=\(UTCTime.text(milliseconds: range.upperBound))",
                expected: .counts(sum))
        }
    }

    private func drawnTime(_ number: Int) -> Int64 {
        var random = RowRandom(row: number, purpose: 21)
        return Int64(random.next() >> 2)
    }

    private func place(_ question: (Int64) -> Question) -> [Question] {
        (0..<count).map { question(FilledAuditor.place(drawn($0))) }
    }
}
