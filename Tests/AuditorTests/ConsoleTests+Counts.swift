internal import ClusterProtocol
internal import Foundation
internal import Testing

@testable internal import Auditor

/// What the overview is made of.
extension ConsoleTests {
    @Test func countsAndTellsWhatExpires() async throws {
        try await withConsole { client, store in
            // What is counted is what is indexed.
            #expect(places(try await client.get("/api/v1/events?type=issued")).count == 10)
            let range = "since=2027-01-15T00:00:00Z&until=2027-01-16T00:00:00Z"
            let days = try await client.get("/api/v1/counts?interval=day&" + range)
            let buckets = days.json["buckets"] as? [[String: Any]] ?? []
            #expect(buckets.count == 1 && buckets.first?["counts"] as? [String: Int] == ["issued": 10, "denied": 10])
            let reasons = try await client.get("/api/v1/counts?interval=minute&by=reason&" + range)
            #expect((reasons.json["buckets"] as? [Any])?.count == 10)
            let early = "/api/v1/counts?interval=minute&since=2020-01-01T00:00:00Z"
            #expect(try await client.get(early).status == 400)

            let soon = try await client.get("/api/v1/certificates/expiring?within=8d&limit=2")
            #expect(soon.json["total"] as? Int == 4)
            let found = soon.json["certificates"] as? [[String: Any]] ?? []
            #expect(found.compactMap { $0["place"] as? Int } == [1, 3])
            let cursor = try #require(soon.json["nextCursor"] as? String)
            let rest = try await client.get("/api/v1/certificates/expiring?within=8d&cursor=\(cursor)")
            let others = rest.json["certificates"] as? [[String: Any]] ?? []
            #expect(others.compactMap { $0["place"] as? Int } == [5, 7])
            let revoked = try signer.line(21, .revoked) { $0.serial = "00ab101" }
            _ = try await store.append(source: "signer", signer.request([revoked], from: 21))
            #expect(places(try await client.get("/api/v1/events?type=revoked")) == [21])
            #expect(try await client.get("/api/v1/certificates/expiring?within=8d").json["total"] as? Int == 3)
        }
    }

    @Test func countsRequestsByWhatBecameOfThem() async throws {
        try await withConsole { client, store in
            let time = Date(timeIntervalSince1970: 1_800_000_000)
            let more: [(AuditEvent.Kind, String?, Int?)] = [
                (.issued, "simpleenroll", nil), (.issued, "simplereenroll", nil), (.issued, "simplereenroll", nil),
                (.issued, "serverkeygen", nil), (.coalesced, nil, 40), (.dropped, nil, 2),
            ]
            let lines = try more.enumerated().map { index, one in
                try signer.line(Int64(21 + index), one.0, at: time) { event in
                    (event.operation, event.count) = (one.1, one.2)
                    event.decision = one.0 == .coalesced ? .deferred : nil
                }
            }
            _ = try await store.append(source: "signer", signer.request(lines, from: 21))
            #expect(places(try await client.get("/api/v1/events?type=dropped")) == [26])
            for interval in ["minute", "hour", "day"] {
                let query = "by=outcome&interval=\(interval)&since=2027-01-15T00:00:00Z&until=2027-01-15T23:59:59Z"
                let answer = try await client.get("/api/v1/counts?" + query)
                var sums: [String: Int] = [:]
                for bucket in answer.json["buckets"] as? [[String: Any]] ?? [] {
                    sums.merge(bucket["counts"] as? [String: Int] ?? [:]) { $0 + $1 }
                }
                let expected = [
                    "enrolled": 11, "renewed": 2, "key-generated": 1, "denied": 10, "shed": 40, "unrecorded": 2,
                ]
                #expect(sums == expected, "\(interval)")
            }
        }
    }

    @Test func tellsWhenAProcessWasHeardOf() async throws {
        try await withConsole { client, store in
            func source() async throws -> [String: Any] {
                let sources = try await client.get("/api/v1/status").json["sources"] as? [[String: Any]] ?? []
                return try #require(sources.first { $0["name"] as? String == "signer" })
            }
            var known = try await source()
            #expect(known["heardAt"] == nil)
            store.signs.heard("signer", backlog: 7, at: Date(timeIntervalSince1970: 1_800_000_000))
            known = try await source()
            #expect(known["heardAt"] as? String == "2027-01-15T08:00:00Z")
            #expect(known["backlog"] as? Int == 7)
            // Who does not say has as much as before.
            store.signs.heard("signer", backlog: nil, at: Date(timeIntervalSince1970: 1_800_000_060))
            known = try await source()
            #expect(known["heardAt"] as? String == "2027-01-15T08:01:00Z")
            #expect(known["backlog"] as? Int == 7)
        }
    }

    @Test func thePageKnowsEveryKindOfEvent() throws {
        let fields = try #require(PageFiles.all.first { $0.path == "/console/fields.js" })
        let text = String(decoding: fields.bytes, as: UTF8.self)
        for kind in AuditEvent.Kind.allCases { #expect(text.contains("\"\(kind.rawValue)\""), "\(kind)") }
    }
}
