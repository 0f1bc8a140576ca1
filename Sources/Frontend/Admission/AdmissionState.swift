internal import NIOCore

/// Who of the enrollments runs, who waits and who is sent away: bounded in all, and per label (design §5, step 2).
///
/// Pure: identifiers come in, what to do goes out. ``EnrollmentPool`` does it.
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

    let maximumRunning: Int
    let maximumWaiting: Int
    private(set) var running = 0
    private var queue = CircularBuffer<UInt64>()
    /// Those in the queue that still want their turn. What gave up stays in the queue until its turn comes.
    private var waitingIDs: Set<UInt64> = []
    /// Running and waiting, by label.
    private var byLabel: [String: Int] = [:]

    init(maximumRunning: Int, maximumWaiting: Int) {
        self.maximumRunning = maximumRunning
        self.maximumWaiting = maximumWaiting
    }

    var waiting: Int { waitingIDs.count }

    func isWaiting(_ id: UInt64) -> Bool {
        waitingIDs.contains(id)
    }

    mutating func request(_ id: UInt64, label: String, labelLimit: Int) -> Decision {
        guard byLabel[label, default: 0] < labelLimit else { return .shed(.label) }
        if running < maximumRunning {
            running += 1
            byLabel[label, default: 0] += 1
            return .run
        }
        guard waiting < maximumWaiting, queue.count < 2 * maximumWaiting + 16 else { return .shed(.pool) }
        queue.append(id)
        waitingIDs.insert(id)
        byLabel[label, default: 0] += 1
        return .wait
    }

    /// One that ran has ended.
    ///
    /// - Returns: The one whose turn it is now; it counts as running.
    mutating func leave(label: String) -> UInt64? {
        release(label)
        while let next = queue.popFirst() {
            if waitingIDs.remove(next) != nil { return next }
        }
        running -= 1
        return nil
    }

    /// One that waits gives up.
    ///
    /// - Returns: false where its turn had come already: then it runs, and has to leave.
    mutating func abandon(_ id: UInt64, label: String) -> Bool {
        guard waitingIDs.remove(id) != nil else { return false }
        release(label)
        return true
    }

    private mutating func release(_ label: String) {
        let left = byLabel[label, default: 1] - 1
        byLabel[label] = left > 0 ? left : nil
    }
}
