internal import NIOCore

/// The time by which a connection must have done what is expected of it. Used on the connection's event loop only.
///
/// One scheduled task looks after it: moving the deadline on costs nothing.
final class ConnectionDeadline {
    private let eventLoop: NIOIsolatedEventLoop
    /// How often it is looked at while there is none.
    private let pause: TimeAmount
    private let onPassed: () -> Void
    private var deadline = NIODeadline.distantFuture
    private var timer: Scheduled<Void>?
    private var timerDue = NIODeadline.distantFuture

    init(eventLoop: any EventLoop, pause: TimeAmount, onPassed: @escaping () -> Void) {
        self.eventLoop = eventLoop.assumeIsolated()
        self.pause = pause
        self.onPassed = onPassed
    }

    func expect(within time: TimeAmount) {
        deadline = .now() + time
        if timer == nil || deadline < timerDue {
            timer?.cancel()
            schedule(at: deadline)
        }
    }

    /// Nothing is expected of the client for now.
    func suspend() {
        deadline = .distantFuture
    }

    func cancel() {
        timer?.cancel()
        timer = nil
    }

    private func schedule(at time: NIODeadline) {
        timerDue = time
        timer = eventLoop.scheduleTask(deadline: time) { self.timerFired() }
    }

    private func timerFired() {
        timer = nil
        let now = NIODeadline.now()
        guard deadline <= now else {
            // It has moved on. While there is none, look again later.
            schedule(at: deadline == .distantFuture ? now + pause : deadline)
            return
        }
        onPassed()
    }
}
