internal import ArgumentParser
internal import Fleet

/// What a fleet does, how often, and for how long.
struct FleetLoadOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Operations with their weights: enroll, reenroll, cacerts, csrattrs.", valueName: "list"))
    var mix = MixArgument(argument: "enroll=1")!
    @Option(
        help: "How enroll and csrattrs show who asks: secret or certificate. reenroll always shows the certificate.")
    var authentication = FleetPlan.Authentication.secret
    @Option(help: "new: a connection for each request; kept: they stay open; resumed: new ones that resume a session.")
    var connection = FleetPlan.ConnectionUse.kept
    @Option(help: ArgumentHelp("Closed loop: so many requests at a time. 16 without --rate.", valueName: "count"))
    var concurrency: Int?
    @Option(help: ArgumentHelp("Open loop: so many requests a second arrive, at random.", valueName: "number"))
    var rate: Double?
    @Option(help: ArgumentHelp("Open loop: the most in flight; as many again wait for a place.", valueName: "count"))
    var maxInFlight = 1000
    @Option(help: ArgumentHelp("End after this time: 30s, 5m. 10s without --count.", valueName: "time"))
    var duration: Lifetime?
    @Option(help: ArgumentHelp("End after so many requests.", valueName: "number"))
    var count: Int?
    @Option(help: ArgumentHelp("Grow to the full load within this time.", valueName: "time"))
    var ramp: Lifetime?
    @Option(help: ArgumentHelp("Threads that send and receive.", valueName: "count"))
    var threads = 1
    @Option(help: ArgumentHelp("For a connection with its handshake, and for an answer.", valueName: "time"))
    var timeout = Lifetime(seconds: 20)
    @Flag(help: "Offer the post-quantum key agreement X25519MLKEM768, too. It costs both sides more.")
    var hybridKeyAgreement = false
    @Flag(help: "Closed loop: wait as long as a 503 or 429 asks for. Without it the load goes on.")
    var obeyRetryAfter = false

    var load: FleetPlan.Load {
        rate.map { .open(requestsPerSecond: $0, maximumInFlight: maxInFlight) }
            ?? .closed(concurrency: concurrency ?? 16)
    }

    var end: FleetPlan.End {
        count.map { .count($0) } ?? .duration(seconds: Double(duration?.seconds ?? 10))
    }

    func validate() throws {
        if concurrency != nil, rate != nil {
            throw ValidationError("--concurrency makes a closed loop and --rate an open one: name one of them.")
        }
        if count != nil, duration != nil { throw ValidationError("--count and --duration exclude each other.") }
        if let concurrency, !(1...50_000).contains(concurrency) {
            throw ValidationError("--concurrency takes a number from 1 to 50000.")
        }
        if let rate, !(rate > 0 && rate <= 1_000_000) {
            throw ValidationError("--rate takes a number above 0, at most 1000000.")
        }
        guard (1...50_000).contains(maxInFlight) else {
            throw ValidationError("--max-in-flight takes a number from 1 to 50000.")
        }
        if let count, !(1...1_000_000_000).contains(count) {
            throw ValidationError("--count takes a number from 1 to 1000000000.")
        }
        guard (1...64).contains(threads) else { throw ValidationError("--threads takes a number from 1 to 64.") }
        guard timeout.seconds <= 3600 else { throw ValidationError("--timeout takes an hour at most.") }
        if obeyRetryAfter, rate != nil {
            throw ValidationError("--obey-retry-after is for the closed loop: arrivals of the open one don't wait.")
        }
    }
}

/// `enroll=1,reenroll=8`
struct MixArgument: ExpressibleByArgument, Equatable {
    let mix: OperationMix

    init?(argument: String) {
        guard let mix = OperationMix(text: argument) else { return nil }
        self.mix = mix
    }

    var defaultValueDescription: String { mix.text }
}

extension FleetPlan.Authentication: ExpressibleByArgument {}
extension FleetPlan.ConnectionUse: ExpressibleByArgument {}
