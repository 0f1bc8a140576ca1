package import Device
internal import Foundation
internal import Synchronization

/// Makes the keys and requests of a fleet before the clock starts, on all cores.
package enum DevicePreparation {
    /// The most devices of one fleet: with their keys about two kilobytes each.
    package static let maximumDevices = 2_000_000

    /// - Parameters:
    ///   - first: the number of the first name.
    ///   - isCancelled: asked now and then; what is made by then is dropped.
    ///   - report: told now and then how many there are.
    package static func make(
        _ count: Int, names: DeviceNames, first: Int = 0, kind: DeviceKey.Kind,
        isCancelled: @escaping @Sendable () -> Bool = { false }, report: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> [SimulatedDevice] {
        let done = Atomic(0)
        let shared = Shared(done)
        let lanes = max(1, min(ProcessInfo.processInfo.activeProcessorCount, count))
        return try await withThrowingTaskGroup(of: (Int, [SimulatedDevice]).self) { group in
            for lane in 0..<lanes {
                let range = count * lane / lanes..<count * (lane + 1) / lanes
                group.addTask {
                    var devices: [SimulatedDevice] = []
                    devices.reserveCapacity(range.count)
                    for number in range {
                        devices.append(try SimulatedDevice(name: names.name(first + number), kind: kind))
                        let made = shared.add()
                        if made.isMultiple(of: 256) {
                            if isCancelled() { throw CancellationError() }
                            report(made)
                            await Task.yield()
                        }
                    }
                    return (lane, devices)
                }
            }
            var parts: [(Int, [SimulatedDevice])] = []
            for try await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    private final class Shared: Sendable {
        private let count: Atomic<Int>
        init(_ count: consuming Atomic<Int>) { self.count = count }
        func add() -> Int { count.add(1, ordering: .relaxed).newValue }
    }
}
