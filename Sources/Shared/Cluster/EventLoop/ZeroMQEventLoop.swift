internal import CZeroMQ
internal import Dispatch
internal import Foundation
internal import Synchronization

/// The one thread that owns the sockets, as the executor of the actors that touch them.
///
/// Each turn runs all pending jobs, lets each participant take a bounded number of messages, and polls. The loop
/// outlives every actor on it: they hold it, and jobs that come after the thread has ended run on a queue instead.
final class ZeroMQEventLoop: SerialExecutor {
    private struct Registration {
        let participant: any LoopParticipant
        var sockets: [SocketHandle]
    }

    private struct Work {
        var jobs: [UnownedJob] = []
        var registrations: [ObjectIdentifier: Registration] = [:]
        /// Counts the changes of `registrations`, so that the thread knows when to rebuild its poll set.
        var revision = 0
        var isStopping = false
        var hasEnded = false
        var onEnd: [CheckedContinuation<Void, Never>] = []
    }

    private let work = Mutex(Work())
    private let wakeUp: WakeUp
    /// The thread's identity; 0 while it does not run.
    private let thread = Atomic<UInt>(0)
    private let queueAfterEnd = DispatchQueue(label: "estuary.cluster.ended")
    private static let queueKey = DispatchSpecificKey<ObjectIdentifier>()

    init() throws {
        wakeUp = try WakeUp()
        queueAfterEnd.setSpecific(key: Self.queueKey, value: ObjectIdentifier(self))
    }

    /// Starts the thread, which runs until ``stop()``.
    ///
    /// - Parameter atEnd: runs on the thread when all sockets are closed.
    func start(atEnd: @escaping @Sendable () -> Void) {
        let thread = Thread {
            self.run()
            atEnd()
            self.end()
        }
        thread.name = "estuary-cluster"
        thread.start()
    }

    /// Ends the thread once every participant is gone, and returns when it has ended.
    func stop() async {
        await withCheckedContinuation { continuation in
            let hasEnded = work.withLock { work in
                work.isStopping = true
                if !work.hasEnded { work.onEnd.append(continuation) }
                return work.hasEnded
            }
            if hasEnded { continuation.resume() } else { wakeUp.signal() }
        }
    }

    /// Gives the loop another turn soon: a participant's mailbox has something in it.
    func wake() {
        wakeUp.signal()
    }

    /// Polls these sockets from now on on behalf of the participant. On the loop's thread, or before it starts.
    func register(_ participant: any LoopParticipant, sockets: [SocketHandle]) {
        work.withLock { work in
            work.registrations[ObjectIdentifier(participant)] = Registration(participant: participant, sockets: sockets)
            work.revision += 1
        }
    }

    /// Polls for the participant no longer. On the loop's thread, before its sockets are closed.
    func deregister(_ participant: any LoopParticipant) {
        work.withLock { work in
            work.registrations[ObjectIdentifier(participant)] = nil
            work.revision += 1
        }
    }

    // MARK: The executor

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let hasEnded = work.withLock { work in
            if !work.hasEnded { work.jobs.append(job) }
            return work.hasEnded
        }
        if hasEnded {
            queueAfterEnd.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
        } else {
            wakeUp.signal()
        }
    }

    func checkIsolated() {
        precondition(isOnThisExecutor, "not on the cluster's event loop")
    }

    func isIsolatingCurrentContext() -> Bool? {
        isOnThisExecutor
    }

    private var isOnThisExecutor: Bool {
        thread.load(ordering: .relaxed) == Self.currentThread
            || DispatchQueue.getSpecific(key: Self.queueKey) == ObjectIdentifier(self)
    }

    private static var currentThread: UInt {
        UInt(pthread_self())
    }

    // MARK: The thread

    private func run() {
        thread.store(Self.currentThread, ordering: .relaxed)
        var pollSet = PollSet(wakeUp: wakeUp)
        while true {
            let (jobs, isFinished) = work.withLock { work in
                defer { work.jobs.removeAll(keepingCapacity: true) }
                return (work.jobs, work.isStopping && work.registrations.isEmpty && work.jobs.isEmpty)
            }
            if isFinished { return }
            for job in jobs {
                job.runSynchronously(on: asUnownedSerialExecutor())
            }
            update(&pollSet)
            let nextTurn = pollSet.giveTurns()
            update(&pollSet)
            pollSet.wait(until: nextTurn)
        }
    }

    private func update(_ pollSet: inout PollSet) {
        work.withLock { work in
            guard pollSet.revision != work.revision else { return }
            pollSet.replace(with: work.registrations.values.map { ($0.participant, $0.sockets) }, work.revision)
        }
    }

    private func end() {
        // Jobs that came in since the last turn go where the later ones go.
        let (jobs, waiting) = work.withLock { work in
            work.hasEnded = true
            defer {
                work.jobs = []
                work.onEnd = []
            }
            return (work.jobs, work.onEnd)
        }
        thread.store(0, ordering: .relaxed)
        for job in jobs {
            queueAfterEnd.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
        }
        for continuation in waiting {
            continuation.resume()
        }
    }
}
