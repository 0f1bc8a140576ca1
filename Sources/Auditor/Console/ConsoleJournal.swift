internal import ClusterProtocol
internal import Foundation
internal import HTTPTypes
internal import Logging

/// The auditor's own events: who signed in, who failed to, and what was exported.
///
/// They are a source like any other, with a run and numbers of their own. The run begins with the first event, and ends
/// with ``close()``.
actor ConsoleJournal {
    /// So many failures in one minute have an event each; the others are counted in one.
    static let failuresAMinute = 10

    private let store: EventStore
    private let run = AuditEvent.randomID().uuidString.lowercased()
    private let logger: Logger
    private let now: @Sendable () -> Date
    private var sequence: Int64 = 0
    private var minute: Int64 = 0
    private var failures = 0
    /// The one before has to be stored before the next is numbered.
    private var last: Task<Void, any Error>?
    private var isClosed = false

    init(store: EventStore, logger: Logger, now: @escaping @Sendable () -> Date) {
        self.store = store
        self.logger = logger
        self.now = now
    }

    func exported(by user: ConsoleUser?, from address: String, query: String?) async throws {
        var event = AuditEvent(.exported, time: now())
        event.decision = .allowed
        event.operator = user.map { "console:" + $0.name }
        event.remoteAddress = address
        event.reasonText = "The console's export was asked for: " + String((query ?? "everything").prefix(512))
        try await append(event)
    }

    func signedIn(_ user: ConsoleUser, from address: String, by authentication: AuditEvent.Authentication) async throws
    {
        var event = AuditEvent(.signedIn, time: now())
        event.decision = .allowed
        event.authentication = authentication
        event.operator = "console:" + user.name
        event.remoteAddress = address
        try await append(event)
    }

    func signedOut(_ user: ConsoleUser, from address: String) async throws {
        var event = AuditEvent(.signedOut, time: now())
        event.operator = "console:" + user.name
        event.remoteAddress = address
        try await append(event)
    }

    /// A failure has no name: nobody proved it.
    func failedToSignIn(from address: String, reason: String) async throws {
        try await flush()
        failures += 1
        guard failures <= Self.failuresAMinute else { return }
        var event = AuditEvent(.signInFailed, time: now())
        event.decision = .denied
        event.remoteAddress = address
        event.reason = reason
        try await append(event)
    }

    /// Tells of the failures that have no event, once their minute is over.
    func flush() async throws {
        let current = Int64(now().timeIntervalSince1970) / 60
        guard current != minute else { return }
        let left = failures - Self.failuresAMinute
        minute = current
        failures = 0
        guard left > 0 else { return }
        var event = AuditEvent(.coalesced, time: now())
        event.decision = .denied
        event.reason = AuditEvent.Kind.signInFailed.rawValue
        event.reasonText = "Failures to sign in at the console that have no events of their own."
        event.count = left
        try await append(event)
    }

    /// Ends the run in good order. Nothing is taken after it.
    func close() async {
        guard !isClosed else { return }
        do {
            minute = 0
            try await flush()
            if sequence > 0 { try await append(AuditEvent(.stopped, time: now())) }
        } catch {
            logger.warning("the console's last event is not stored", metadata: ["error": "\(error)"])
        }
        isClosed = true
    }

    /// One at a time, since the number is given before the event is stored.
    private func append(_ event: AuditEvent) async throws {
        let before = last
        let task = Task {
            _ = await before?.result
            try await store(event)
        }
        last = task
        try await task.value
    }

    private func store(_ event: AuditEvent) async throws {
        guard !isClosed else {
            throw ConsoleError(.serviceUnavailable, "shutting-down", "The auditor is shutting down.", retryAfter: 5)
        }
        var event = event
        event.source = AuditorPeers.ownName
        event.run = run
        event.sequence = sequence + 1
        let reply = try await store.append(
            source: AuditorPeers.ownName,
            AppendEventsRequest(run: run, firstSequence: event.sequence, lines: [try event.line()]))
        sequence = reply.acknowledgedSequence
    }
}
