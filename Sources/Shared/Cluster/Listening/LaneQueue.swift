internal import DequeModule

/// One lane's calls: how many run, and which wait. A state machine without clock or I/O.
struct LaneQueue<Call> {
    enum Admission: Equatable {
        case start
        case wait
        case refuse
    }

    let lane: Lane
    private(set) var running = 0
    private var waiting: Deque<Call> = []

    init(_ lane: Lane) {
        self.lane = lane
    }

    var isIdle: Bool { running == 0 && waiting.isEmpty }

    /// Lets a call in: it runs at once, or is kept until ``finish(isExpired:)`` gives it back, or has no room.
    mutating func admit(_ call: Call) -> Admission {
        if running < lane.concurrency {
            running += 1
            return .start
        }
        guard waiting.count < lane.capacity else { return .refuse }
        waiting.append(call)
        return .wait
    }

    /// A running call has ended.
    ///
    /// - Returns: the call that takes its place, and those whose budget ended while they waited for one. All of them
    ///   are out of the queue.
    mutating func finish(isExpired: (Call) -> Bool) -> (next: Call?, expired: [Call]) {
        var expired: [Call] = []
        while let call = waiting.popFirst() {
            guard isExpired(call) else { return (call, expired) }
            expired.append(call)
        }
        running -= 1
        return (nil, expired)
    }
}
