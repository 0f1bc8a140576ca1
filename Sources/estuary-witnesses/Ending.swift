internal import Foundation
internal import Synchronization

/// When the witnesses are to finish: no new requests from the end of the input on, and no further try some time later.
final class Ending: Sendable {
    private let patience: Duration
    private let announced = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameter patience: in seconds, from the end of the input to the last try.
    init(patience: Double) {
        self.patience = .seconds(patience)
    }

    /// Whether no new request is to be begun.
    var isNear: Bool { announced.withLock { $0 != nil } }

    /// Whether nothing is tried any more.
    var isHere: Bool {
        announced.withLock { announced in announced.map { ContinuousClock.now - $0 > patience } ?? false }
    }

    /// Reads standard input to its end, which also comes where the process that holds it is gone.
    func watchInput() {
        Thread.detachNewThread { [self] in
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { break }
            }
            announced.withLock { $0 = .now }
        }
    }
}
