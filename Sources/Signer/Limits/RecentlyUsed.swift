/// A map of bounded size: where one more has no place, the key goes that was not used for the longest time.
///
/// A key that is asked for again and again therefore stays, however many others come: nobody gets rid of what is
/// remembered of it by sending a crowd.
struct RecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Slot: Sendable {
        var key: Key
        var value: Value
        /// Places in ``slots``; -1 where there is none.
        var older: Int
        var newer: Int
    }

    let capacity: Int
    private var places: [Key: Int] = [:]
    private var slots: [Slot] = []
    private var oldest = -1
    private var newest = -1

    /// - Parameter capacity: at least 1.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    var count: Int { slots.count }

    /// The value of a key; to look at it is no use.
    func peek(_ key: Key) -> Value? {
        places[key].map { slots[$0].value }
    }

    /// Changes the value of a key, as its newest use.
    ///
    /// - Parameter initial: what a key that is not there begins with.
    /// - Returns: the value that had to go for it.
    @discardableResult
    mutating func use(_ key: Key, initial: Value, _ change: (inout Value) -> Void) -> Value? {
        var evicted: Value?
        let place: Int
        if let known = places[key] {
            place = known
            unlink(place)
        } else if slots.count < capacity {
            place = slots.count
            slots.append(Slot(key: key, value: initial, older: -1, newer: -1))
            places[key] = place
        } else {
            place = oldest
            unlink(place)
            evicted = slots[place].value
            places[slots[place].key] = nil
            slots[place].key = key
            slots[place].value = initial
            places[key] = place
        }
        change(&slots[place].value)
        link(place)
        return evicted
    }

    /// Changes every value; that is no use of any.
    mutating func changeAll(_ change: (Key, inout Value) -> Void) {
        for place in slots.indices { change(slots[place].key, &slots[place].value) }
    }

    private mutating func unlink(_ place: Int) {
        let (older, newer) = (slots[place].older, slots[place].newer)
        if older >= 0 { slots[older].newer = newer } else { oldest = newer }
        if newer >= 0 { slots[newer].older = older } else { newest = older }
    }

    private mutating func link(_ place: Int) {
        slots[place].older = newest
        slots[place].newer = -1
        if newest >= 0 { slots[newest].newer = place } else { oldest = place }
        newest = place
    }
}
