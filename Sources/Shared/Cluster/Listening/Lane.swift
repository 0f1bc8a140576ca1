/// A bounded way into a listener: how many of its calls run at once, and how many more may wait.
///
/// Methods name their lane, so that a flood of one kind of call cannot starve another.
package struct Lane: Sendable, Hashable {
    package var name: String
    /// Calls that run at once.
    package var concurrency: Int
    /// Calls that wait for one of those to end; a call beyond is answered with `overloaded`.
    package var capacity: Int

    /// - Parameter concurrency: at least 1.
    package init(name: String, concurrency: Int, capacity: Int) {
        self.name = name
        self.concurrency = max(1, concurrency)
        self.capacity = max(0, capacity)
    }
}
