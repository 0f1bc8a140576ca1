internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import FaultInjection
internal import Foundation
internal import GRDB
internal import SwiftASN1
internal import Testing
internal import TransparencyLog
internal import X509

@testable internal import Signer

/// Signer and auditor with their real files, each started again when it ends; and devices that try until they succeed.
///
/// Used by one task.
final class FaultWorld {
    let script = FaultScript()
    let auditor: RunningAuditor
    private(set) var signer: RunningSigner
    private let folder: String
    private let logKey: NoteVerifierKey
    private let authority: IssuingAuthority
    /// How a request gets to the signer where the transport is what fails.
    private let wire: SignerWire?
    /// Every certificate that a request was answered with, by the request.
    private(set) var answers: [String: Set<[UInt8]>] = [:]
    /// How often the signer was started again.
    private(set) var recoveries = 0

    private static let mostTries = 10

    private static var operatorContext: CallContext {
        CallContext(peer: PeerIdentity(name: "operator:0", role: .operator), deadline: .now + .seconds(60))
    }

    /// - Parameters:
    ///   - failing: a step that fails twice, and how: at the first start already.
    ///   - usesTransport: whether requests take the way that a frontend's take.
    init(failing step: (point: FaultPoint, failure: FaultHook.Failure)? = nil, usesTransport: Bool = false) async throws
    {
        if let step { script.arm(step.point, step.failure, times: 2) }
        wire = usesTransport ? try await SignerWire(faults: script.hook) : nil
        folder = NSTemporaryDirectory() + "estuary-faults-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try SamplePolicy.text.write(toFile: "\(folder)/policy.yaml", atomically: true, encoding: .utf8)
        let ceremony = try AuthorityCeremony(organization: "Test", authority: "devices").perform()
        authority = try IssuingAuthority(
            name: "devices", certificate: ceremony.issuing, parents: [ceremony.root], key: ceremony.issuingKey)
        let logKey = try NoteKeyFile.create(path: "\(folder)/events.sqlite.key", for: .log).verifierKey
        try NoteKeyFile.create(path: "\(folder)/witness.key", for: .witness)
        self.logKey = logKey
        auditor = RunningAuditor(path: "\(folder)/events.sqlite", faults: script.hook)
        auditor.start()
        (signer, recoveries) = try await Self.start { [folder, authority, auditor, script] in
            try await RunningSigner(
                folder: folder, authority: authority, auditor: auditor, logKey: logKey, faults: script.hook)
        }
    }

    /// Starts the signer, again where its start fails, as often as that is to be expected.
    ///
    /// - Returns: the signer, and how many starts failed.
    private static func start(_ start: () async throws -> RunningSigner) async throws -> (RunningSigner, Int) {
        for failed in 0..<Self.mostTries {
            do {
                return (try await start(), failed)
            } catch is InjectedFault {
                // The process ends at its start, and is started again.
                continue
            }
        }
        throw ServiceError(.unexpected, "The signer does not start.")
    }

    /// Starts the signer again.
    func restart(acceptsLoss: Bool = false) async throws {
        try await signer.end()
        let (signer, failed) = try await Self.start {
            try await RunningSigner(
                folder: folder, authority: authority, auditor: auditor, logKey: logKey, faults: script.hook,
                acceptsLoss: acceptsLoss)
        }
        self.signer = signer
        recoveries += 1 + failed
    }

    func secret(uses: Int = 1) async throws -> CreatedSecret {
        let context = Self.operatorContext
        let reply = try await signer.alive { signer in
            try await CallContext.$current.withValue(context) {
                try await signer.administration.createSecrets(
                    CreateSecretsRequest(label: "default", items: [.init(names: nil)], uses: uses, lifetime: 86400))
            }
        }
        return try #require(reply.secrets.first)
    }

    /// Adds a named key, as an operator does who asks again, and sees that the next life of the signer can read it.
    func addKeyEncryptionKey(_ name: String) async throws {
        let context = Self.operatorContext
        for _ in 0..<Self.mostTries {
            do {
                let added = try await signer.alive { signer in
                    try await CallContext.$current.withValue(context) {
                        try await signer.administration.addKeyEncryptionKey(AddKeyEncryptionKeyRequest(name: name))
                    }
                }
                try await restart()
                let identifier = try #require(KeyEncryptionKeyName.identifier(name))
                let record = try #require(
                    try signer.core.ledger.read { try KeyEncryptionKeyTable.find($0, identifier: identifier) })
                let unwrapped = try signer.core.keyWrapping.unwrap(record)
                #expect(unwrapped.withUnsafeBytes { Data($0) } == added.key?.revealed)
                return
            } catch is InjectedFault {
                continue
            }
        }
        throw ServiceError(.unexpected, "The key \(name) can't be added.")
    }

    /// Makes a request as a device does: with a fresh signature each time, until there is a certificate.
    ///
    /// - Parameter name: names the request; one that comes again under the same name is the same one.
    func certificate(_ name: String, _ request: @escaping @Sendable () throws -> EnrollRequest) async throws
        -> Certificate
    {
        for _ in 0..<Self.mostTries {
            do {
                let reply = try await signer.alive { [wire] signer in
                    if let wire { return try await wire.enroll(request(), at: signer.desk) }
                    let context = CallContext(
                        peer: PeerIdentity(name: "frontend-1", role: .frontend), deadline: .now + .seconds(60))
                    return try await CallContext.$current.withValue(context) {
                        try await signer.desk.enroll(request())
                    }
                }
                guard case .issued(let der, _) = reply else { throw ServiceError(.unexpected, "\(reply)") }
                answers[name, default: []].insert(Array(der))
                return try Certificate(derEncoded: Array(der))
            } catch is SignerDied {
                try await restart()
            } catch is InjectedFault {
                continue
            } catch let error as ServiceError where error.code == .unreachable || error.code == .deadlineExceeded {
                // Lost on the way there or back: the device is told to come again.
                continue
            }
        }
        throw ServiceError(.unexpected, "\(name) gets no certificate.")
    }

    /// Waits until the auditor has every event, started again as often as one of both ends.
    func settle() async throws {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            if signer.isDead { try await restart() }
            try? signer.core.refreshOutboxPosition()
            if auditor.isUp, signer.core.outboxPosition.backlog == 0 { return }
            try #require(ContinuousClock.now < end, "the events do not reach the auditor")
            signer.core.outboxGrew()
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Checks that nothing is lost, doubled or unlogged, and ends everything.
    func expectExactlyOnce(requests: Int, secrets: [CreatedSecret]) async throws {
        try await settle()
        let ledger = signer.core.ledger
        let recorded = try ledger.read {
            try Data.fetchAll($0, sql: "SELECT der FROM certificate WHERE device IS NOT NULL").map(Array.init)
        }
        #expect(answers.values.allSatisfy { $0.count == 1 }, "a request was answered with several certificates")
        #expect(recorded.count == requests)
        #expect(Set(recorded) == answers.values.reduce(into: Set()) { $0.formUnion($1) })
        let issued = try await events(type: "issued").compactMap { $0.certificate.map(Array.init) }
        #expect(issued.count == requests)
        #expect(Set(issued) == Set(recorded))
        for secret in secrets {
            let record = try #require(try ledger.read { try SecretTable.find($0, id: secret.description.id) })
            #expect(record.used == 1 && record.reserved == 0)
        }
        let stored = try await events().filter { $0.run == ledger.incarnation }.map(\.sequence)
        #expect(stored == Array(1...Int64(max(1, stored.count))))
        let outbox = try ledger.read { try OutboxTable.lines($0, from: 1, limit: 10_000) }
        #expect(stored.count == outbox.count)
        try await signer.end()
        await wire?.end()
        await auditor.stop()
        try FileManager.default.removeItem(atPath: folder)
    }

    /// The auditor's events; asked again while it starts, or its index does.
    private func events(type: String? = nil) async throws -> [AuditEvent] {
        let end = ContinuousClock.now + .seconds(30)
        while true {
            do {
                return try await auditor.events(type: type)
            } catch let error as ServiceError where ContinuousClock.now < end {
                #expect(error.code == .overloaded || error.code == .unreachable)
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
