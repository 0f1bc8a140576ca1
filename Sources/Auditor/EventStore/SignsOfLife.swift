internal import Foundation
internal import Synchronization

/// When each source was heard of last, since the auditor started, and how many events it then had not handed over.
final class SignsOfLife: Sendable {
    struct Sign: Sendable, Equatable {
        /// Seconds since 1970.
        var time: Int64
        var backlog: Int64?
    }

    /// Sources are nodes that the transport knows: more than any cluster has.
    private static let maximumSources = 10_000

    private let signs = Mutex<[String: Sign]>([:])

    var all: [String: Sign] { signs.withLock { $0 } }

    func heard(_ source: String, backlog: Int64?, at time: Date = .now) {
        signs.withLock { signs in
            guard signs[source] != nil || signs.count < Self.maximumSources else { return }
            let told = backlog.map { max(0, $0) } ?? signs[source]?.backlog
            signs[source] = Sign(time: Int64(time.timeIntervalSince1970), backlog: told)
        }
    }
}
