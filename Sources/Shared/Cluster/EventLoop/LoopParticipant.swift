/// An actor that owns sockets and runs on the event loop, which gives it a turn whenever something may have happened.
protocol LoopParticipant: Actor {
    /// Does what there is to do, without ever waiting.
    ///
    /// Called on the loop's thread, outside of any task.
    ///
    /// - Parameter isReadable: whether one of its sockets has something to receive.
    /// - Returns: when it wants a turn even if nothing happens.
    nonisolated func turn(isReadable: Bool) -> ContinuousClock.Instant?
}
