internal import Foundation
internal import Synchronization

/// How many clusters, or commands, run at once; and which ports clusters have.
///
/// `estuary init` takes ports that are free when it looks; a cluster that has not started yet does not hold its own, so
/// that two at once could be given the same.
final class ClusterPlaces: Sendable {
    /// Four that come and go, and the one of ``ConformanceCluster``, which keeps its place to the end.
    static let shared = ClusterPlaces(count: 5)

    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
        var ports: Set<Int> = []
    }

    private let state: Mutex<State>

    init(count: Int) {
        state = Mutex(State(free: count))
    }

    /// Waits until there is a place for one more cluster.
    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    func giveBack(ports: Set<Int>) {
        let next = state.withLock { state in
            state.ports.subtract(ports)
            guard let next = state.waiting.first else {
                state.free += 1
                return nil as CheckedContinuation<Void, Never>?
            }
            state.waiting.removeFirst()
            return next
        }
        next?.resume()
    }

    /// Reserves ports, unless another cluster has one of them.
    func reserve(_ ports: Set<Int>) -> Bool {
        state.withLock { state in
            guard state.ports.isDisjoint(with: ports) else { return false }
            state.ports.formUnion(ports)
            return true
        }
    }
}
