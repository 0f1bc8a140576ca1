internal import Auditor
internal import ClusterProtocol
internal import ClusterTransport
internal import FaultInjection
internal import Logging
internal import Observability
internal import Synchronization

/// The auditor of a ``FaultWorld``: its real store, started anew whenever it has ended by itself, as a supervisor does.
final class RunningAuditor: AuditBackend {
    private struct State {
        var store: EventStore?
        var receiver: EventReceiver?
        var starts = 0
    }

    private let path: String
    private let faults: FaultHook
    private let state = Mutex(State())
    private let life = Mutex<Task<Void, Never>?>(nil)

    init(path: String, faults: FaultHook) {
        self.path = path
        self.faults = faults
    }

    /// How often it was started.
    var starts: Int { state.withLock { $0.starts } }
    var isUp: Bool { state.withLock { $0.store != nil } }

    /// Runs the store again and again, until ``stop()``.
    func start() {
        let task = Task { [self] in
            while !Task.isCancelled {
                do {
                    let store = try EventStore(path: path, logger: Logger(label: "test"), faults: faults)
                    let receiver = EventReceiver(
                        store: store, metrics: AuditorMetrics(registry: MetricsRegistry()),
                        logger: Logger(label: "test"), nodesChanged: { _ in })
                    state.withLock { state in
                        (state.store, state.receiver) = (store, receiver)
                        state.starts += 1
                    }
                    defer { state.withLock { ($0.store, $0.receiver) = (nil, nil) } }
                    try await store.run()
                    try await store.close()
                    return
                } catch {
                    // Its transaction failed: the process would end here, and be started again.
                    try? await Task.sleep(for: .milliseconds(10))
                }
            }
        }
        life.withLock { $0 = task }
    }

    /// Ends it in good order.
    func stop() async {
        state.withLock { $0.store }?.finish()
        await life.withLock { $0 }?.value
    }

    private func served<Reply: Sendable>(_ body: (EventReceiver) async throws -> Reply) async throws -> Reply {
        guard let receiver = state.withLock({ $0.receiver }) else {
            throw ServiceError(.unreachable, "The auditor is away.")
        }
        let context = CallContext(peer: PeerIdentity(name: "signer", role: .signer), deadline: .now + .seconds(10))
        return try await CallContext.$current.withValue(context) { try await body(receiver) }
    }

    func append(_ request: AppendEventsRequest) async throws -> AppendEventsReply {
        try await served { try await $0.append(request) }
    }

    func position(_ request: EventPositionRequest) async throws -> AppendEventsReply {
        try await served { try await $0.position(request) }
    }

    func updateNodes(_ request: UpdateNodesRequest) async throws -> Done {
        try await served { try await $0.updateNodes(request) }
    }

    func witness(_ request: WitnessReport) async throws -> Done {
        try await served { try await $0.witness(request) }
    }

    func events(_ request: StoredEventsRequest) async throws -> StoredEventsReply {
        try await served { try await $0.events(request) }
    }

    /// Every event that it has, oldest first.
    func events(type: String? = nil) async throws -> [AuditEvent] {
        guard let store = state.withLock({ $0.store }) else { throw ServiceError(.unreachable, "It is away.") }
        var request = ListEventsRequest()
        request.type = type
        request.newestFirst = false
        request.limit = 1000
        return try await store.events(request).lines.map(AuditEvent.init(line:))
    }
}
