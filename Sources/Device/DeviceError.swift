/// Why a device did not get what it asked for; equal by code.
package struct DeviceError: Error, Equatable, Sendable, CustomStringConvertible {
    package struct Code: Hashable, Sendable {
        package let name: String

        /// No connection, or it ended: what a request in flight has led to is not known. Worth another try.
        package static let unreachable = Code(name: "unreachable")
        /// The server's certificate does not verify.
        package static let untrustedServer = Code(name: "untrusted-server")
        /// No certificate has the fingerprint that was given, or it is no root's.
        package static let wrongFingerprint = Code(name: "wrong-fingerprint")
        /// TLS ended with an alert, or never began: another try ends no better.
        package static let tlsFailed = Code(name: "tls-failed")
        /// What the server sent is not what the RFC says.
        package static let badAnswer = Code(name: "bad-answer")
        /// The server refused the request: a 4xx.
        package static let refused = Code(name: "refused")
        /// The server could not serve it at the moment: a 5xx.
        package static let serverFailed = Code(name: "server-failed")
        /// The request waits for approval, and the time to wait is over.
        package static let stillPending = Code(name: "still-pending")
        /// A file, an option or a value of the device's own is wrong.
        package static let invalidInput = Code(name: "invalid-input")
        package static let unexpected = Code(name: "unexpected")
    }

    package let code: Code
    /// One sentence, or what the server said.
    package let message: String
    /// The status of the answer; nil where there was none.
    package let status: Int?
    /// What the server asked to wait, in seconds.
    package let retryAfter: Double?
    package let cause: (any Error)?

    package init(
        _ code: Code, _ message: String, status: Int? = nil, retryAfter: Double? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.retryAfter = retryAfter
        self.cause = cause
    }

    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }

    package var description: String { message }

    /// Whether another try may go better without anyone's doing.
    package var isTransient: Bool { code == .unreachable || code == .serverFailed }
}
