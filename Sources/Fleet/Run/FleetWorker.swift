internal import DequeModule
internal import Foundation
internal import Histogram
internal import NIOCore
internal import NIOPosix
internal import PKI

/// One event loop's part of a run: begins requests, and counts what becomes of them.
///
/// `@unchecked Sendable`: everything but ``live`` is used on the event loop alone, from ``start()`` to the end.
final class FleetWorker: @unchecked Sendable {
    let plan: FleetPlan
    let heads: RequestHeads
    let tls: FleetTLS
    let loop: any EventLoop
    let shared: FleetSharedState
    let live = LiveCounts()
    /// What is read of TLS at once, and what is written: used by each connection in turn.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * 1024, alignment: 16)
    var requestBytes: [UInt8] = []
    /// This worker's part of all places, or of all that may be in flight.
    let maximumInFlight: Int
    /// This worker's part of the arrivals of the open loop.
    let arrivalsPerSecond: Double

    private let address: SocketAddress
    private let timeout: TimeAmount
    private let done: EventLoopPromise<Tally>
    var tally = Tally()
    var random = SplitMix()

    private var connections: [FleetConnection] = []
    private var idle: [FleetConnection] = []
    private var idleWithCertificate: [FleetConnection] = []
    private var enrolled: Deque<SimulatedDevice>
    private(set) var inFlight = 0
    /// Arrivals of the open loop that wait for a place.
    private var waiting: Deque<UInt64> = []
    private(set) var isStopping = false
    private var isDone = false
    private var abandonsAt: UInt64 = .max

    init(
        plan: FleetPlan, loop: any EventLoop, address: SocketAddress, shared: FleetSharedState,
        enrolled: [SimulatedDevice], part: Int, of parts: Int
    ) throws {
        self.plan = plan
        self.loop = loop
        self.address = address
        self.shared = shared
        self.enrolled = Deque(enrolled)
        heads = RequestHeads(plan: plan)
        tls = try FleetTLS(plan: plan)
        timeout = .nanoseconds(Int64(plan.timeoutSeconds * 1e9))
        let maximum = plan.maximumInFlight
        maximumInFlight = maximum * (part + 1) / parts - maximum * part / parts
        if case .open(let rate, _) = plan.load {
            arrivalsPerSecond = rate / Double(parts)
        } else {
            arrivalsPerSecond = 0
        }
        done = loop.makePromise(of: Tally.self)
    }

    deinit {
        scratch.deallocate()
    }

    /// What this worker counted, when it has ended.
    var result: EventLoopFuture<Tally> { done.futureResult }

    static var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

    func start() {
        loop.execute { [self] in
            watch()
            switch plan.load {
            case .closed: startPlaces()
            case .open: startArrivals()
            }
        }
    }

    // MARK: Beginning

    /// Whether one more request may begin, which is counted.
    func takesTurn(at now: UInt64) -> Bool {
        guard !isStopping else { return false }
        guard now < shared.ends, shared.takeTicket() else {
            stop()
            return false
        }
        return true
    }

    /// Begins a request.
    func begin(intended: UInt64, now: UInt64) {
        let operation = plan.mix.operation(random.next())
        let shows = plan.showsCertificate(operation)
        var job = FleetJob(operation: operation, device: nil, intended: intended)
        if operation == .enroll, !shows {
            guard let fresh = shared.takeFresh() else {
                tally.ranOutOfDevices = true
                stop()
                return
            }
            job.device = fresh
        }
        let deadline = now &+ UInt64(timeout.nanoseconds)
        if let connection = shows ? idleWithCertificate.popLast() : idle.popLast() {
            if shows { job.device = connection.device }
            count(job, now)
            connection.begin(job, deadline: deadline)
            return
        }
        if shows {
            guard let device = enrolled.popFirst() else {
                // All of this worker's are in flight.
                if arrivalsPerSecond > 0 { tally.notStarted += 1 } else { againLater(.milliseconds(10)) }
                return
            }
            job.device = device
        }
        count(job, now)
        connect(job, device: shows ? job.device : nil, now: now, deadline: deadline)
    }

    private func count(_ job: FleetJob, _ now: UInt64) {
        inFlight += 1
        tally[job.operation].started += 1
        if arrivalsPerSecond > 0 { tally.startDelays.record((now &- job.intended) / 1000) }
    }

    private func connect(_ job: FleetJob, device: SimulatedDevice?, now: UInt64, deadline: UInt64) {
        let connection = FleetConnection(worker: self, device: device, job: job, now: now, deadline: deadline)
        connection.index = connections.count
        connections.append(connection)
        tally.connections.opened += 1
        ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
            .connect(to: address)
            .whenFailure { connection.connectFailed($0) }
    }

    // MARK: What connections tell

    func established(resumed: Bool, since begun: UInt64) {
        tally.connections.established += 1
        if resumed { tally.connections.resumed += 1 }
        tally.connections.handshakes.record((Self.now &- begun) / 1000)
    }

    func closed(_ connection: FleetConnection) {
        if connection.index < connections.count, connections[connection.index] === connection {
            connections.swapAt(connection.index, connections.count - 1)
            connections[connection.index].index = connection.index
            connections.removeLast()
        }
        if plan.connectionUse == .kept {
            idle.removeAll { $0 === connection }
            idleWithCertificate.removeAll { $0 === connection }
        }
        if let device = connection.device { enrolled.append(device) }
    }

    func answered(_ connection: FleetConnection, _ job: FleetJob, _ answer: AnswerParser) {
        let now = Self.now
        let latency = (now &- job.intended) / 1000
        let outcome = AnswerOutcome(job, answer)
        tally[job.operation].statuses[answer.status, default: 0] += 1
        var pause: UInt64 = 0
        switch outcome {
        case .succeeded(let isRepeated):
            tally[job.operation].succeeded += 1
            if isRepeated { tally[job.operation].repeated += 1 }
            tally[job.operation].latencies.record(latency)
            tally.latencies.record(latency)
            live.succeeded(latency)
        case .refused:
            tally.refusedLatencies.record(latency)
            if tally.refusals[answer.status] == nil {
                tally.refusals[answer.status] = answer.reason
            }
            live.refused()
            if plan.obeysRetryAfter, let seconds = answer.retryAfterSeconds {
                pause = UInt64(min(seconds, 60)) * 1_000_000_000
            }
        case .unusable(let reason):
            note(.badAnswer, reason, job)
        }
        if plan.connectionUse == .kept, answer.keepsAlive, !isStopping || !waiting.isEmpty {
            if connection.device == nil { idle.append(connection) } else { idleWithCertificate.append(connection) }
        } else {
            connection.close()
        }
        ended(now: now, pause: pause)
    }

    func failed(_ job: FleetJob, _ kind: FailureKind, _ reason: String) {
        note(kind, reason, job)
        // A place that could not even connect must not try again at once, for ever, with all of a core.
        ended(now: Self.now, pause: 50_000_000)
    }

    private func note(_ kind: FailureKind, _ reason: String, _ job: FleetJob) {
        tally[job.operation].failures[kind, default: 0] += 1
        if tally.examples[kind] == nil { tally.examples[kind] = reason }
        live.failed()
    }

    private func ended(now: UInt64, pause: UInt64) {
        inFlight -= 1
        if let arrival = waiting.popFirst() {
            begin(intended: arrival, now: now)
        } else if arrivalsPerSecond == 0 {
            if pause > 0 { againLater(.nanoseconds(Int64(pause))) } else { beginNext(now: now) }
        }
        finishIfIdle()
    }

    /// An arrival finds no place.
    func wait(_ arrival: UInt64) {
        if waiting.count < maximumInFlight {
            waiting.append(arrival)
        } else {
            tally.notStarted += 1
        }
    }

    // MARK: The end

    /// Begins nothing more; what waits for a place goes on waiting.
    func stop() {
        isStopping = true
    }

    private func watch() {
        _ = loop.scheduleRepeatedTask(initialDelay: .milliseconds(50), delay: .milliseconds(50)) { [self] task in
            look()
            if isDone { task.cancel() }
        }
    }

    private func look() {
        let now = Self.now
        if now >= shared.ends || shared.stopLevel > 0 {
            stop()
            tally.notStarted += waiting.count
            waiting.removeAll()
        }
        if shared.stopLevel > 0, abandonsAt == .max { abandonsAt = now &+ 2_000_000_000 }
        let abandons = shared.stopLevel > 1 || now >= abandonsAt
        for connection in connections where connection.job != nil {
            if abandons {
                connection.fail(.abandoned, "the run was broken off")
            } else if now >= connection.deadline {
                connection.fail(.answerTimedOut, "no answer within the time that --timeout allows")
            }
        }
        live.set(inFlight: inFlight)
        finishIfIdle()
    }

    func finishIfIdle() {
        guard isStopping, inFlight == 0, waiting.isEmpty, !isDone else { return }
        isDone = true
        for connection in connections { connection.close() }
        done.succeed(tally)
    }
}
