/// The calls that wait for their answers: bounded, each with a deadline, each ended exactly once.
///
/// A state machine without clock or I/O. Whoever a method gives back has been taken out and must be answered.
///
/// A call's id is its place in a table and the number of times that place was used, so that a late answer finds
/// nobody, and nothing is hashed.
struct PendingCalls<Waiter> {
    private struct Slot {
        var waiter: Waiter?
        var deadline: ContinuousClock.Instant
        var use: UInt32
    }

    private let capacity: Int
    private var slots: [Slot] = []
    private var free: [UInt32] = []
    private(set) var count = 0

    /// No pending call's deadline is before this; nil while there is none. It may lie before the first deadline, since
    /// most calls end long before theirs: then ``expire(at:)`` finds nothing and moves it.
    private(set) var nextDeadline: ContinuousClock.Instant?

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Takes in a call.
    ///
    /// - Returns: its id; nil where as many calls as allowed are pending.
    mutating func begin(_ waiter: Waiter, deadline: ContinuousClock.Instant) -> UInt64? {
        guard count < capacity else { return nil }
        let index: Int
        if let reused = free.popLast() {
            index = Int(reused)
            slots[index].waiter = waiter
            slots[index].deadline = deadline
            slots[index].use &+= 1
        } else {
            index = slots.count
            slots.append(Slot(waiter: waiter, deadline: deadline, use: 0))
        }
        count += 1
        nextDeadline = nextDeadline.map { min($0, deadline) } ?? deadline
        return UInt64(slots[index].use) << 32 | UInt64(index)
    }

    /// Ends a call.
    ///
    /// - Returns: nil where no such call is pending: it was answered, or its time ran out.
    mutating func end(_ id: UInt64) -> Waiter? {
        let index = Int(id & 0xFFFF_FFFF)
        guard index < slots.count, slots[index].use == UInt32(id >> 32), let waiter = slots[index].waiter else {
            return nil
        }
        release(index)
        return waiter
    }

    /// Ends the calls whose deadline is not after this instant.
    mutating func expire(at now: ContinuousClock.Instant) -> [Waiter] {
        guard let nextDeadline, nextDeadline <= now else { return [] }
        var expired: [Waiter] = []
        var next: ContinuousClock.Instant?
        for index in slots.indices {
            guard let waiter = slots[index].waiter else { continue }
            let deadline = slots[index].deadline
            if deadline <= now {
                expired.append(waiter)
                release(index)
            } else {
                next = next.map { min($0, deadline) } ?? deadline
            }
        }
        self.nextDeadline = next
        return expired
    }

    /// Ends all calls.
    mutating func endAll() -> [Waiter] {
        var ended: [Waiter] = []
        for index in slots.indices {
            guard let waiter = slots[index].waiter else { continue }
            ended.append(waiter)
            release(index)
        }
        nextDeadline = nil
        return ended
    }

    private mutating func release(_ index: Int) {
        slots[index].waiter = nil
        free.append(UInt32(index))
        count -= 1
        if count == 0 { nextDeadline = nil }
    }
}
