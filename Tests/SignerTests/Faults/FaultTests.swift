internal import ClusterProtocol
internal import ClusterTransport
internal import FaultInjection
internal import Foundation
internal import Testing

@testable internal import Signer

/// Every step of signer, auditor and transport that writes, commits, sends or acknowledges fails twice in a row, in both ways.
@Suite struct FaultTests {
    private static let table = FaultPoint.allCases.flatMap { point in
        FaultHook.Failure.allCases.map { (point, $0) }
    }

    @Test(arguments: table)
    func aStepThatFailsTwiceLosesNothingAndRepeatsNothing(
        _ point: FaultPoint, _ failure: FaultHook.Failure
    ) async throws {
        let isOfStart = [.ledgerSchema, .logSchema].contains(point)
        let world = try await FaultWorld(
            failing: isOfStart ? (point, failure) : nil, usesTransport: [.callSend, .answerSend].contains(point))
        let secrets = [try await world.secret(), try await world.secret(), try await world.secret(uses: 5)]
        let devices = ["one", "two", "three"].map { Device($0) }
        let values = secrets.map(\.secret)

        let first = try await world.certificate("one") { try devices[0].request(secret: values[0]) }
        if point == .incarnationCommit {
            world.script.arm(point, failure, times: 2)
            try await world.restart(acceptsLoss: true)
        } else if !isOfStart {
            try await world.settle()
            world.script.arm(point, failure, times: 2)
        }
        if [.positionCall, .nodesCall].contains(point) {
            // They come once for each connection.
            try await world.restart()
        }
        let second = try await world.certificate("two") { try devices[1].request(secret: values[1]) }
        _ = try await world.certificate("one renewed") {
            try devices[0].request(operation: .simpleReenroll, certificate: first)
        }
        _ = try await world.certificate("two renewed") {
            try devices[1].request(operation: .simpleReenroll, certificate: second)
        }
        _ = try await world.certificate("three") { try devices[2].request(secret: values[2]) }
        // The device has lost the answer: the same request again.
        _ = try await world.certificate("three") { try devices[2].request(secret: values[2]) }
        if point == .wrappingKeyFile { try await world.addKeyEncryptionKey("fleet") }
        // A file that is there is not made again.
        let passes = point == .wrappingKeyFile && failure == .doneButReportedAsFailed ? 1 : 2
        try await wait(for: world) { world.script.fired == passes }
        try await world.expectExactlyOnce(requests: 5, secrets: secrets)
        if [.ledgerSchema, .ledgerWrite, .ledgerCommit, .incarnationCommit].contains(point) {
            #expect(world.recoveries >= 2)
        }
        if [.logWrite, .logCommit].contains(point) { #expect(world.auditor.starts == 3) }
    }

    /// A step that belongs to the relay or the auditor may come after the last answer; and where all events went at once,
    /// it comes again only with a further one.
    private func wait(for world: FaultWorld, until condition: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while !condition() {
            _ = try await world.secret()
            try await world.settle()
            try #require(ContinuousClock.now < end, "the step did not fail twice")
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
