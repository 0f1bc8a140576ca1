internal import Synchronization

/// What has been worked out of texts, so that it is worked out once and not for every request.
///
/// For texts of a configuration or catalogue, of which there are few; should there be more than are remembered, all of
/// them are forgotten and worked out again.
final class Remembered<Value: Sendable>: Sendable {
    private let maximumCount: Int
    private let values = Mutex<[String: Value]>([:])

    init(maximumCount: Int = 1_024) {
        self.maximumCount = maximumCount
    }

    func value(for text: String, make: (String) -> Value) -> Value {
        if let value = values.withLock({ $0[text] }) { return value }
        // Not under the lock: it may take a while.
        let value = make(text)
        values.withLock { values in
            if values.count >= maximumCount { values.removeAll() }
            values[text] = value
        }
        return value
    }
}
