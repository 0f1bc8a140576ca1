internal import NIOCore

/// Who of the enrollments runs, who waits and who is sent away: bounded in all, and per label (design §5, step 2).
///
/// Urgent ones come first: of four places that become free they get three while others wait too, so that neither ever
/// keeps out the other. And they find room to wait that the others can't fill. Pure: identifiers come in, what to do goes
/// out. ``EnrollmentPool`` does it.
struct AdmissionState {
    enum Decision: Equatable {
        case run
        case wait
        case shed(Limit)
    }

    /// Which bound was reached.
    enum Limit: String, Sendable {
        case pool
        case label
        /// The wait itself took too long.
        case patience
    }

    private struct Waiting {
        private var queue = CircularBuffer<UInt64>()
        /// Those in the queue that still want their turn. What gave up stays in the queue until its turn comes.
        private(set) var ids: Set<UInt64> = []

        mutating func append(_ id: UInt64, maximum: Int) -> Bool {
            guard ids.count < maximum, queue.count < 2 * maximum + 16 else { return false }
            queue.append(id)
            ids.insert(id)
            return true
        }

        mutating func popFirst() -> UInt64? {
            while let next = queue.popFirst() {
                if ids.remove(next) != nil { return next }
            }
            return nil
        }

        mutating func remove(_ id: UInt64) -> Bool { ids.remove(id) != nil }
    }

    /// How many urgent ones in a row have a turn while others wait.
    private static let urgentTurns = 3

    let maximumRunning: Int
    let maximumWaiting: Int
    private(set) var running = 0
    private var urgent = Waiting()
    private var others = Waiting()
    private var urgentInARow = 0
    /// Running and waiting, by label.
    private var byLabel: [String: Int] = [:]

    init(maximumRunning: Int, maximumWaiting: Int) {
        self.maximumRunning = maximumRunning
        self.maximumWaiting = maximumWaiting
    }

    var waiting: Int { urgent.ids.count + others.ids.count }

    /// How many urgent ones may wait: a quarter as many again as of the others.
    private var maximumUrgent: Int { (maximumWaiting + 3) / 4 }

    func isWaiting(_ id: UInt64) -> Bool {
        others.ids.contains(id) || urgent.ids.contains(id)
    }

    mutating func request(_ id: UInt64, label: String, labelLimit: Int, isUrgent: Bool = false) -> Decision {
        guard byLabel[label, default: 0] < labelLimit else { return .shed(.label) }
        if running < maximumRunning {
            running += 1
            byLabel[label, default: 0] += 1
            return .run
        }
        let hasRoom =
            (isUrgent && urgent.append(id, maximum: maximumUrgent)) || others.append(id, maximum: maximumWaiting)
        guard hasRoom else { return .shed(.pool) }
        byLabel[label, default: 0] += 1
        return .wait
    }

    /// Which bound a request would meet if it came now; nil where there is a place for it.
    func limit(label: String, labelLimit: Int, isUrgent: Bool) -> Limit? {
        guard byLabel[label, default: 0] < labelLimit else { return .label }
        guard running >= maximumRunning, others.ids.count >= maximumWaiting else { return nil }
        return isUrgent && urgent.ids.count < maximumUrgent ? nil : .pool
    }

    /// One that ran has ended.
    ///
    /// - Returns: The one whose turn it is now; it counts as running.
    mutating func leave(label: String) -> UInt64? {
        release(label)
        if urgentInARow < Self.urgentTurns || others.ids.isEmpty, let next = urgent.popFirst() {
            urgentInARow += 1
            return next
        }
        urgentInARow = 0
        if let next = others.popFirst() { return next }
        running -= 1
        return nil
    }

    /// One that waits gives up.
    ///
    /// - Returns: false where its turn had come already: then it runs, and has to leave.
    mutating func abandon(_ id: UInt64, label: String) -> Bool {
        guard others.remove(id) || urgent.remove(id) else { return false }
        release(label)
        return true
    }

    private mutating func release(_ label: String) {
        let left = byLabel[label, default: 1] - 1
        byLabel[label] = left > 0 ? left : nil
    }
}
