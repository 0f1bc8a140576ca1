internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import NIOCore

/// What became of the secrets that were presented lately, so that a network that is past its failure limit costs the
/// signer as little as possible.
///
/// Only a hash under a key of this process is kept, for a short time, and a bounded number of them. Refusals are kept
/// only where they hold for every request with that secret: a spent or expired one may still get its replay.
struct RecentSecrets {
    enum Verdict: Equatable {
        case accepted
        case refused
    }

    private struct Entry {
        var verdict: Verdict
        var until: ContinuousClock.Instant
    }

    let maximumCount: Int
    let lifetime: Duration
    /// Under the key of this process, and nothing hashed yet.
    private let code = HMAC<SHA256>(key: SymmetricKey(size: .bits256))
    private var entries: [Data: Entry] = [:]
    /// In the order in which they came; as long as ``entries``.
    private var order = CircularBuffer<Data>()

    init(maximumCount: Int = 8192, lifetime: Duration = .seconds(60)) {
        self.maximumCount = maximumCount
        self.lifetime = lifetime
    }

    var count: Int { entries.count }

    mutating func note(_ secret: Secret, label: String, _ verdict: Verdict, at now: ContinuousClock.Instant) {
        let digest = digest(secret, label: label)
        if entries[digest] == nil {
            while entries.count >= maximumCount, let oldest = order.popFirst() {
                entries[oldest] = nil
            }
            order.append(digest)
        }
        entries[digest] = Entry(verdict: verdict, until: now + lifetime)
    }

    func verdict(on secret: Secret, label: String, at now: ContinuousClock.Instant) -> Verdict? {
        guard let entry = entries[digest(secret, label: label)], now < entry.until else { return nil }
        return entry.verdict
    }

    private func digest(_ secret: Secret, label: String) -> Data {
        var code = code
        // A label has no zero byte.
        var message = Array(label.utf8)
        message.append(0)
        message += secret.revealed.utf8
        code.update(data: message)
        return code.finalize().withUnsafeBytes { Data($0) }
    }
}
