internal import Synchronization

/// As many callers as told, each of which calls again as soon as it has its answer.
enum ClosedLoop {
    struct Outcome: Sendable {
        var elapsed: Double
        /// Of each call, in seconds, sorted.
        var latencies: [Double]

        var rate: Double { Double(latencies.count) / elapsed }

        func percentile(_ share: Double) -> Double {
            guard !latencies.isEmpty else { return .nan }
            return latencies[min(latencies.count - 1, Int(share * Double(latencies.count)))]
        }
    }

    /// Makes the calls from 0 to `count`, each once. The first that throws ends it.
    static func run(
        count: Int, callers: Int, _ call: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Outcome {
        let next = Counter()
        let clock = ContinuousClock()
        let start = clock.now
        let latencies = try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<callers {
                group.addTask {
                    var own: [Double] = []
                    while true {
                        let number = next.take()
                        guard number < count else { return own }
                        let begun = clock.now
                        try await call(number)
                        own.append((clock.now - begun).inSeconds)
                    }
                }
            }
            var all: [Double] = []
            for try await own in group { all += own }
            return all
        }
        return Outcome(elapsed: (clock.now - start).inSeconds, latencies: latencies.sorted())
    }

    /// Hands out numbers from 0 on.
    private final class Counter: Sendable {
        private let value = Atomic<Int>(0)

        func take() -> Int {
            value.wrappingAdd(1, ordering: .relaxed).oldValue
        }
    }
}

extension Duration {
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
