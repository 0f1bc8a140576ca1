internal import ClusterProtocol

/// What became of the requests that an event tells of: enrollments and renewals apart, and as many as it stands for.
struct RequestOutcome: Sendable, Equatable {
    enum Kind: String, CaseIterable, Sendable {
        /// A certificate for a device that enrolls, or for one that renews, or with a key that the signer made.
        case enrolled
        case renewed
        case keyGenerated = "key-generated"
        case replayed
        case pending
        case denied
        /// Found no place and was told to come later.
        case shed
        /// Of events that a process could not keep nobody knows more than their number.
        case unrecorded
    }

    /// The most that one event may say: sums stay far from where a number ends.
    private static let maximumRequests = 1_000_000_000

    let kind: Kind
    let requests: Int64

    /// nil where the event is not about requests of devices.
    init?(_ event: AuditEvent) {
        guard event.source != AuditEvent.auditorSource, let kind = Self.kind(of: event) else { return nil }
        self.kind = kind
        let stands =
            switch event.type {
            case .coalesced, .dropped, .alarm: event.count ?? 1
            default: 1
            }
        requests = Int64(min(max(stands, 0), Self.maximumRequests))
    }

    private static func kind(of event: AuditEvent) -> Kind? {
        switch event.type {
        case .issued:
            switch event.operation.flatMap(EnrollmentOperation.init(rawValue:)) {
            case .simpleReenroll: .renewed
            case .serverKeyGeneration: .keyGenerated
            case .simpleEnroll, nil: .enrolled
            }
        case .replayed: .replayed
        case .pending: .pending
        case .denied: .denied
        case .dropped: .unrecorded
        case .coalesced: event.decision == .deferred ? .shed : .denied
        // Past a frontend's quota; other alarms are not about a request.
        case .alarm: event.decision == .denied && event.node != nil ? .denied : nil
        default: nil
        }
    }
}
