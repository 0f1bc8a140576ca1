internal import Foundation
internal import NIOCore

/// Why a TCP connection was not made.
enum ConnectFailure {
    static func kind(of error: any Error) -> (FailureKind, String) {
        if let error = error as? ChannelError, case .connectTimeout = error {
            return (.connectionTimedOut, "the server did not accept the connection in time")
        }
        guard let error = error as? IOError else { return (.connectionFailed, "\(error)") }
        switch error.errnoCode {
        case ECONNREFUSED: return (.connectionRefused, "nobody listens there")
        case ETIMEDOUT: return (.connectionTimedOut, "the server did not accept the connection in time")
        case EADDRNOTAVAIL: return (.noLocalResources, "this machine has no free port left towards the server")
        case EMFILE, ENFILE: return (.noLocalResources, "this process may not open more files; raise `ulimit -n`")
        default: return (.connectionFailed, String(cString: strerror(error.errnoCode)))
        }
    }
}
