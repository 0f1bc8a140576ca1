internal import DequeModule

/// One lane's calls: how many run, and which wait. A state machine without clock or I/O.
///
/// Sources take turns, each with its oldest call first, and where there is no room the newest call of the source that has
/// the most goes: a peer that floods the lane holds up itself.
struct LaneQueue<Call> {
    enum Admission {
        case start
        case wait
        /// It waits, in the place of this one, which is to be refused.
        case displace(Call)
        case refuse
    }

    let lane: Lane
    private(set) var running = 0
    /// By source; none of them is empty.
    private var waiting: [String: Deque<Call>] = [:]
    private var waitingCount = 0
    /// Every source that waits, in the order of their turns.
    private var turns: Deque<String> = []

    init(_ lane: Lane) {
        self.lane = lane
    }

    var isIdle: Bool { running == 0 && waitingCount == 0 }

    /// Lets a call in: it runs at once, or is kept until ``finish(isExpired:)`` gives it back, or has no room.
    mutating func admit(_ call: Call, from source: String) -> Admission {
        if running < lane.concurrency {
            running += 1
            return .start
        }
        guard waitingCount >= lane.capacity else {
            append(call, from: source)
            return .wait
        }
        guard let longest = waiting.max(by: { $0.value.count < $1.value.count }),
            longest.value.count > (waiting[source]?.count ?? 0) + 1,
            let displaced = waiting[longest.key]?.popLast()
        else { return .refuse }
        waitingCount -= 1
        append(call, from: source)
        return .displace(displaced)
    }

    private mutating func append(_ call: Call, from source: String) {
        if waiting[source] == nil { turns.append(source) }
        waiting[source, default: []].append(call)
        waitingCount += 1
    }

    /// A running call has ended.
    ///
    /// - Returns: the call that takes its place, and those whose budget ended while they waited for one. All of them
    ///   are out of the queue.
    mutating func finish(isExpired: (Call) -> Bool) -> (next: Call?, expired: [Call]) {
        var expired: [Call] = []
        while let source = turns.popFirst() {
            // What has expired uses up no turn.
            while let call = waiting[source]?.popFirst() {
                waitingCount -= 1
                if waiting[source]?.isEmpty ?? true { waiting[source] = nil }
                guard isExpired(call) else {
                    if waiting[source] != nil { turns.append(source) }
                    return (call, expired)
                }
                expired.append(call)
            }
        }
        running -= 1
        return (nil, expired)
    }
}

extension LaneQueue.Admission: Equatable where Call: Equatable {}
