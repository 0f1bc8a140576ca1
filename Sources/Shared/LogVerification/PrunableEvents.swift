internal import ClusterProtocol
package import TransparencyLog

/// What of an exported log may be pruned: whole bundles whose events are all older than a time.
package struct PrunableEvents: Sendable {
    /// How many events, and the root of the tree over them, after each step.
    package private(set) var steps: [(through: Int64, root: MerkleHash)] = []

    /// Reads an export, which has to have been verified.
    ///
    /// - Parameters:
    ///   - after: how many were pruned before.
    ///   - step: how many events at a time may be pruned.
    package init(
        in folder: TileFolder, size: Int64, before time: Int64, after pruned: Int64, step: Int64
    ) throws {
        let full = Int64(TileAddress.fullWidth)
        var frontier = TreeFrontier()
        for number in 0..<(size / full) {
            let entries = try folder.entries(tile: number)
            for entry in entries {
                guard let entry else { throw VerificationError("The export does not have every event.") }
                frontier.append(.leaf(entry)) { _, _ in }
            }
            let isOld = entries.allSatisfy { $0.flatMap(Self.time).map { $0 < time } ?? false }
            guard isOld || frontier.size <= pruned else { break }
            guard frontier.size > pruned else { continue }
            // The last step grows as long as it may.
            let start = steps.dropLast().last?.through ?? pruned
            if !steps.isEmpty, frontier.size - start <= step { steps.removeLast() }
            steps.append((frontier.size, frontier.root))
        }
    }

    private static func time(_ line: [UInt8]) -> Int64? {
        guard let text = String(validating: line, as: UTF8.self), let event = try? AuditEvent(line: text) else {
            return nil
        }
        return EventSeconds.of(event.time)
    }
}
