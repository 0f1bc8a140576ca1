internal import ClusterTransport
internal import Synchronization

/// How many requests were sent away as there was no place for them, by label and reason.
///
/// They come in floods, when there is no time for an event each: ``CoalescedReports`` makes one of many. As many counts are
/// kept as there are labels and reasons, all of this program's own.
final class ShedCounts: Sendable {
    struct Report: Equatable, Sendable {
        var label: String
        var reason: String
        var count: Int
    }

    private struct Key: Hashable {
        var label: String
        var reason: String
    }

    private let counts = Mutex<[Key: Int]>([:])

    /// Counts a refusal where it is one for want of a place.
    ///
    /// - Returns: false where it is another: that wants an event of its own.
    @discardableResult
    func count(_ error: ServiceError, label: String) -> Bool {
        guard error.code == .overloaded else { return false }
        let key = Key(label: label, reason: (error.reason ?? error.code).rawValue)
        counts.withLock { $0[key, default: 0] += 1 }
        return true
    }

    /// What was counted since the last time, in the order of the labels.
    func takeReports() -> [Report] {
        counts.withLock { exchange(&$0, with: [:]) }
            .map { Report(label: $0.label, reason: $0.reason, count: $1) }
            .sorted { ($0.label, $0.reason) < ($1.label, $1.reason) }
    }
}
