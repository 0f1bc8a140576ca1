internal import Foundation

/// A request to the console, and what its answer has to have.
struct Question: Sendable {
    enum Expected: Sendable {
        /// A page of so many events.
        case events(Int)
        /// Counts that come to so many events.
        case counts(Int)
        /// At least one certificate.
        case expiring
        /// The event at a place.
        case event(Int64)
        /// The proof that the event at a place is in the log.
        case proof(Int64)
        /// A log of so many events, all of them indexed.
        case status(Int64)
    }

    var target: String
    var expected: Expected

    private struct Page: Decodable {
        struct Event: Decodable { var place: Int64 }
        var events: [Event]
    }

    private struct Counts: Decodable {
        struct Bucket: Decodable { var counts: [String: Int] }
        var buckets: [Bucket]
    }

    private struct Expiring: Decodable { var total: Int }
    private struct Event: Decodable { var place: Int64 }

    private struct Status: Decodable {
        struct Log: Decodable { var size: Int64 }
        var log: Log
        var indexBacklog: Int64
    }

    /// How many rows the answer has; nil where it is not made of any.
    ///
    /// - Throws: ``BenchFailure`` where it is not the expected one.
    func rows(of answer: [UInt8]) throws -> Int? {
        let (data, decoder) = (Data(answer), JSONDecoder())
        func require(_ isRight: Bool, _ said: String) throws {
            guard isRight else { throw BenchFailure("\(target) is answered with \(said), not \(expected).") }
        }
        switch expected {
        case .events(let count):
            let found = try decoder.decode(Page.self, from: data).events.count
            try require(found == count, "\(found) events")
            return found
        case .counts(let sum):
            let buckets = try decoder.decode(Counts.self, from: data).buckets
            let found = buckets.reduce(0) { $0 + $1.counts.values.reduce(0, +) }
            try require(found == sum, "\(found) events in \(buckets.count) buckets")
            return buckets.count
        case .expiring:
            let total = try decoder.decode(Expiring.self, from: data).total
            try require(total > 0, "no certificates")
            return total
        case .event(let place):
            let found = try decoder.decode(Event.self, from: data).place
            try require(found == place, "the event \(found)")
            return nil
        case .proof(let place):
            let lines = String(decoding: answer, as: UTF8.self).split(separator: "\n")
            try require(lines.contains("index \(place - 1)"), "another proof")
            return nil
        case .status(let size):
            let status = try decoder.decode(Status.self, from: data)
            try require(
                status.log.size == size && status.indexBacklog == 0,
                "a log of \(status.log.size) events, \(status.indexBacklog) of them not indexed")
            return nil
        }
    }
}
