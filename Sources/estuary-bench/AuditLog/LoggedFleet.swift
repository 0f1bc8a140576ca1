internal import ClusterProtocol

/// A year of a fleet's events as an auditor logs them: what each says depends on its number alone.
///
/// So a question's answer can be counted without the log. Devices renew some three times a year; of ten events one is a
/// refusal.
struct LoggedFleet: Sendable {
    /// In milliseconds.
    static let span: Int64 = 365 * 86_400_000
    /// The last one is rare.
    static let labels = [
        "pumps", "valves", "sensors", "meters", "gateways", "cameras", "drives", "controllers", "relays", "laboratory",
    ]
    static let frontends = 4
    /// Secrets by which devices enroll for the first time.
    static let secrets = 5000
    static let reasons = [
        "secret-expired", "secret-spent", "secret-unknown", "name-held", "profile-violation", "certificate-revoked",
    ]

    enum Kind: UInt8, CaseIterable, Sendable {
        case issued, replayed, denied, revocationList, secretCreated

        var type: AuditEvent.Kind {
            switch self {
            case .issued: .issued
            case .replayed: .replayed
            case .denied: .denied
            case .revocationList: .revocationListIssued
            case .secretCreated: .secretCreated
            }
        }
    }

    /// What questions ask for.
    struct Facts: Sendable {
        var kind: Kind
        /// Of ``LoggedFleet/labels``.
        var label: UInt8
        /// 0 is the signer; frontends count from 1.
        var source: UInt8
        /// nil where no device has to do with it.
        var device: Int?
        /// Of ``LoggedFleet/secrets``; nil where a device renewed by its certificate.
        var secret: Int?
        /// The number of the event whose certificate it tells of.
        var certificate: Int?
        /// In milliseconds since 1970.
        var time: Int64

        var isAllowed: Bool { kind != .denied }
        var isRenewal: Bool { device != nil && secret == nil }
    }

    let count: Int
    let devices: Int
    /// The year's last millisecond, since 1970.
    let end: Int64

    /// - Parameter end: in seconds since 1970.
    init(count: Int, end: Int64) {
        self.count = count
        self.end = end * 1000
        devices = max(100, min(300_000, count * 3 / 10))
    }

    var start: Int64 { end - Self.span }

    func facts(_ number: Int) -> Facts {
        var random = RowRandom(row: number, purpose: 11)
        let kind = kind(number)
        // A repetition gives the outcome of the event before once more.
        if kind == .replayed {
            var facts = facts(number - 1)
            (facts.kind, facts.time) = (.replayed, time(number))
            return facts
        }
        var facts = Facts(kind: kind, label: 0, source: 0, time: time(number))
        switch kind {
        case .issued, .replayed, .denied:
            let device = Int(random.next() % UInt64(devices))
            facts.device = device
            facts.label = Self.label(device)
            let word = random.next()
            if word % 10 < 3 { facts.secret = Int((word >> 8) % UInt64(Self.secrets)) }
            if kind == .issued { facts.certificate = number }
            if kind == .denied, (word >> 32) % 10 < 3 {
                facts.source = UInt8((word >> 40) % UInt64(Self.frontends)) + 1
            }
        case .revocationList, .secretCreated:
            facts.label = UInt8(random.next() % UInt64(Self.labels.count - 1))
            if kind == .secretCreated { facts.secret = Int(random.next() % UInt64(Self.secrets)) }
        }
        return facts
    }

    private func kind(_ number: Int) -> Kind {
        let drawn = Self.drawn(number)
        return drawn != .replayed || (number > 0 && Self.drawn(number - 1) == .issued) ? drawn : .issued
    }

    private static func drawn(_ number: Int) -> Kind {
        var random = RowRandom(row: number, purpose: 10)
        return switch random.next() % 1000 {
        case ..<10: .revocationList
        case ..<20: .secretCreated
        case ..<120: .denied
        case ..<150: .replayed
        default: .issued
        }
    }

    /// One of a thousand devices has the rare label.
    private static func label(_ device: Int) -> UInt8 {
        device % 1000 == 7 ? UInt8(labels.count - 1) : UInt8(device % (labels.count - 1))
    }

    private func time(_ number: Int) -> Int64 {
        start + Self.span * Int64(number) / Int64(max(1, count))
    }
}
