internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import GRDB
internal import Logging
internal import Observability
internal import SwiftASN1
internal import Synchronization
internal import Testing
internal import TransparencyLog
internal import X509

@testable internal import Signer

/// A signer without its transport: CA, ledger in a folder of its own, policy, pipeline, and a clock that tests move.
final class SignerFixture: Sendable {
    let directory: String
    let core: SignerCore
    let pipeline: EnrollmentPipeline
    let registry: NodeRegistry
    let publisher: CataloguePublisher
    let administration: AdministrationDesk
    let authority: IssuingAuthority
    let witnessKey: NoteSigner
    private let clock: Clock

    final class Clock: Sendable {
        private let offset = Mutex<TimeInterval>(0)

        func now() -> Date { Date().addingTimeInterval(offset.withLock { $0 }) }
        func advance(by seconds: TimeInterval) { offset.withLock { $0 += seconds } }
    }

    init(
        policy: String? = nil, limits: SignerCore.Limits = .init(), ledgerLimits: LedgerLimits = .init(),
        services: RevocationServices = .init()
    ) throws {
        directory = NSTemporaryDirectory() + "estuary-signer-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let ceremony = try AuthorityCeremony(organization: "Test", authority: "devices").perform()
        authority = try IssuingAuthority(
            name: "devices", certificate: ceremony.issuing, parents: [ceremony.root], key: ceremony.issuingKey,
            services: services)
        let policyPath = "\(directory)/policy.yaml"
        try (policy ?? SamplePolicy.text).write(toFile: policyPath, atomically: true, encoding: .utf8)
        let policyFile = PolicyFile(path: policyPath, authorities: ["devices"])
        let ledger = try Ledger(
            path: "\(directory)/ledger.sqlite", authorities: ["devices": authority.keySHA256], limits: ledgerLimits,
            failStop: { fatalError("\($0)") })
        witnessKey = try NoteSigner(newKeyOf: "witness", type: .cosignature)
        let clock = Clock()
        self.clock = clock
        core = try SignerCore(
            name: "signer", ledger: ledger, authorities: [authority], policy: try policyFile.load(), limits: limits,
            keyWrapping: KeyWrapping(path: "\(directory)/kek-wrapping.key"),
            metrics: SignerMetrics(registry: MetricsRegistry()), logger: Logger(label: "test"), now: { clock.now() })
        pipeline = EnrollmentPipeline(core: core)
        registry = NodeRegistry(ledger: ledger) { _ in }
        publisher = CataloguePublisher(core: core, key: Curve25519.Signing.PrivateKey())
        administration = AdministrationDesk(
            core: core, pipeline: pipeline, registry: registry, publisher: publisher, policyFile: policyFile,
            witness: try LogWitness(core: core, auditor: MemoryAuditor(), key: witnessKey), auditorIsUp: { false },
            memoryIsLocked: false)
    }

    /// The signer as the witness of another log than its administration's.
    func witness(of auditor: MemoryAuditor) throws -> LogWitness {
        LogWitness(core: core, auditor: auditor, key: witnessKey)
    }

    deinit {
        // What stays behind in the temporary folder is not worth a failed test.
        try? FileManager.default.removeItem(atPath: directory)
    }

    func advance(by seconds: TimeInterval) {
        clock.advance(by: seconds)
    }

    /// Calls as an operator would, over the local socket.
    func asOperator<Result: Sendable>(
        _ body: @Sendable (AdministrationDesk) async throws -> Result
    ) async throws -> Result {
        let context = CallContext(
            peer: PeerIdentity(name: "operator:0", role: .operator), deadline: .now + .seconds(60))
        return try await CallContext.$current.withValue(context) { try await body(administration) }
    }

    func secret(
        label: String = "default", names: [String]? = nil, uses: Int = 1, lifetime: Int64 = 86400
    ) async throws -> CreatedSecret {
        let reply = try await asOperator {
            try await $0.createSecrets(
                CreateSecretsRequest(label: label, items: [.init(names: names)], uses: uses, lifetime: lifetime))
        }
        return try #require(reply.secrets.first)
    }

    func enroll(_ request: EnrollRequest, node: String = "frontend-1", labels: Set<String>? = nil) async throws
        -> EnrollReply
    {
        try await pipeline.enroll(
            request,
            from: CallContext(
                peer: PeerIdentity(name: node, role: .frontend, labels: labels), deadline: .now + .seconds(60)))
    }

    /// Enrolls with a secret, and reads the certificate.
    func enroll(
        _ device: Device, secret: Secret, label: String = "default", node: String = "frontend-1"
    ) async throws -> Certificate {
        try certificate(try await enroll(device.request(label: label, secret: secret), node: node))
    }

    func certificate(_ reply: EnrollReply) throws -> Certificate {
        guard case .issued(let der, _) = reply else {
            throw ServiceError(.unexpected, "no certificate: \(reply)")
        }
        return try Certificate(derEncoded: Array(der))
    }

    /// The events in the outbox, in order.
    func events() throws -> [AuditEvent] {
        try core.ledger.read { try OutboxTable.lines($0, from: 1, limit: 10_000) }.map(AuditEvent.init(line:))
    }

    func secretRecord(_ id: String) throws -> SecretRecord {
        try #require(try core.ledger.read { try SecretTable.find($0, id: id) })
    }
}

/// A device with its key.
struct Device: Sendable {
    var name: String
    var key: Certificate.PrivateKey
    var alternativeNames: [GeneralName]

    init(
        _ name: String, key: Certificate.PrivateKey = .init(P256.Signing.PrivateKey()),
        alternativeNames: [GeneralName] = []
    ) {
        self.name = name
        self.key = key
        self.alternativeNames = alternativeNames
    }

    /// A fresh certification request: its signature differs each time.
    func certificationRequest() throws -> Data {
        let attributes: CertificateSigningRequest.Attributes =
            if alternativeNames.isEmpty {
                CertificateSigningRequest.Attributes([])
            } else {
                try CertificateSigningRequest.Attributes([
                    .init(
                        ExtensionRequest(
                            extensions: Certificate.Extensions { SubjectAlternativeNames(alternativeNames) }))
                ])
            }
        let request = try CertificateSigningRequest(
            version: .v1, subject: DistinguishedName { CommonName(name) }, privateKey: key, attributes: attributes)
        var serializer = DER.Serializer()
        try serializer.serialize(request)
        return Data(serializer.serializedBytes)
    }

    func request(
        label: String = "default", operation: EnrollmentOperation = .simpleEnroll, secret: Secret? = nil,
        certificate: Certificate? = nil, idempotencyKey: String? = nil
    ) throws -> EnrollRequest {
        EnrollRequest(
            operation: operation, label: label, certificationRequest: try certificationRequest(),
            clientChain: try certificate.map { [Data(try $0.derEncoded())] } ?? [], secret: secret,
            idempotencyKey: idempotencyKey, requestID: UUID().uuidString, remoteAddress: "192.0.2.1")
    }
}

/// The code of the error that an operation throws.
func code(_ body: () async throws -> some Any) async -> ServiceError.Code? {
    do {
        _ = try await body()
        return nil
    } catch let error as ServiceError {
        return error.code
    } catch {
        return ServiceError.Code(rawValue: "\(error)")
    }
}

extension LogWitness {
    init(core: SignerCore, auditor: MemoryAuditor, key: NoteSigner) {
        self.init(core: core, audit: auditor, log: auditor.logKey, key: key)
    }
}
