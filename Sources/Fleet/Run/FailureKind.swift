/// Why a request got no answer that counts.
package enum FailureKind: String, CaseIterable, Sendable, Codable, Comparable {
    /// Nobody listens.
    case connectionRefused
    case connectionTimedOut
    /// This machine has no more ports or descriptors for connections.
    case noLocalResources
    case connectionFailed
    /// The server's certificate does not verify.
    case untrustedServer
    case handshakeFailed
    /// The connection ended before the answer was complete.
    case closedEarly
    case answerTimedOut
    /// What came is not an answer of EST: not HTTP, or without a certificate for the device's key.
    case badAnswer
    /// The run was broken off before the answer came.
    case abandoned

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
