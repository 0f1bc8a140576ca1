/// What is wrong with a part of the transport itself: a key file, an endpoint, a socket. Never crosses the wire.
///
/// Two errors are equal when their codes are. The message is for the operator: it may name a path, and says what to do.
package struct TransportError: Error, Sendable {
    package enum Code: String, Sendable, Hashable {
        /// Not a CURVE key.
        case invalidKey
        /// A key file that cannot be read or written, or that others can read.
        case keyFile
        /// An endpoint that does not fit its security, or that cannot be bound.
        case endpoint
        /// A local socket's path that is too long, or a folder that others can enter.
        case localSocket
        /// Methods and lanes that do not fit each other.
        case methodTable
        /// libzmq refused.
        case zeroMQ
        /// The actor system has been shut down.
        case shutDown
    }

    package var code: Code
    package var message: String
    package var cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension TransportError: Equatable {
    package static func == (lhs: TransportError, rhs: TransportError) -> Bool {
        lhs.code == rhs.code
    }
}

extension TransportError: CustomStringConvertible {
    package var description: String {
        cause.map { "\(message) (\($0))" } ?? message
    }
}
