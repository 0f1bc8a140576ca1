internal import ClusterProtocol
internal import Foundation
internal import Testing

@testable internal import Auditor

/// What the counts of requests make of an event.
@Suite struct RequestOutcomeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var type: AuditEvent.Kind
        var operation: String?
        var decision: AuditEvent.Decision?
        var count: Int?
        var source = "signer"
        var node: String? = "frontend-1"
        var expected: RequestOutcome.Kind?
        var requests: Int64 = 1

        var testDescription: String {
            "\(type) \(operation ?? "") \(decision.map { "\($0)" } ?? "") \(count.map { "\($0)" } ?? "")"
        }
    }

    static let cases: [Case] = [
        Case(type: .issued, operation: "simpleenroll", expected: .enrolled),
        Case(type: .issued, operation: "simplereenroll", expected: .renewed),
        Case(type: .issued, operation: "serverkeygen", expected: .keyGenerated),
        Case(type: .issued, expected: .enrolled),
        Case(type: .replayed, operation: "simplereenroll", expected: .replayed),
        Case(type: .pending, decision: .deferred, expected: .pending),
        Case(type: .denied, decision: .denied, expected: .denied),
        Case(type: .coalesced, decision: .deferred, count: 41, expected: .shed, requests: 41),
        Case(type: .coalesced, decision: .denied, count: 12, expected: .denied, requests: 12),
        Case(type: .dropped, count: 3, expected: .unrecorded, requests: 3),
        Case(type: .alarm, decision: .denied, count: 7, expected: .denied, requests: 7),
        // Numbers that nobody can mean can't overflow a sum, nor take something from it.
        Case(type: .coalesced, decision: .deferred, count: .max, expected: .shed, requests: 1_000_000_000),
        Case(type: .coalesced, decision: .deferred, count: -5, expected: .shed, requests: 0),
        // Not about requests of devices.
        Case(type: .alarm, node: nil, expected: nil),
        Case(type: .coalesced, decision: .denied, count: 9, source: AuditEvent.auditorSource, expected: nil),
        Case(type: .revoked, decision: .allowed, expected: nil),
        Case(type: .started, expected: nil),
    ]

    @Test(arguments: cases) func anEventStandsForRequests(one: Case) {
        var event = AuditEvent(one.type, time: Date(timeIntervalSince1970: 1_800_000_000))
        (event.operation, event.decision, event.count) = (one.operation, one.decision, one.count)
        (event.source, event.node) = (one.source, one.node)
        let outcome = RequestOutcome(event)
        #expect(outcome?.kind == one.expected)
        #expect(outcome.map { $0.requests == one.requests } ?? (one.expected == nil))
    }
}
