internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

extension DeviceError {
    /// What a failed connection means for a device.
    init(connecting error: any Error, to server: ESTServer) {
        switch error {
        case let error as DeviceError:
            self = error
        case NIOSSLError.handshakeFailed(let reason) where "\(reason)".contains("CERTIFICATE_VERIFY_FAILED"):
            self.init(
                .untrustedServer, "The certificate of \(server.host) is not signed by what this device trusts.",
                cause: error)
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            self.init(.untrustedServer, "The server's certificate is not for the name «\(server.host)».", cause: error)
        case NIOSSLError.unableToValidateCertificate:
            self.init(
                .untrustedServer, "The server's certificate is not for the address «\(server.host)».", cause: error)
        case NIOSSLError.handshakeFailed(.sslError(let reasons)):
            self.init(
                .tlsFailed,
                "The TLS handshake with \(server.host) failed: \(Self.text(reasons)). The server may speak another "
                    + "protocol or version, or not accept the client certificate.", cause: error)
        case BoringSSLError.sslError(let reasons):
            self.init(
                .tlsFailed,
                "\(server.host) ended TLS: \(Self.text(reasons)). It may not accept the client certificate.",
                cause: error)
        case NIOSSLError.handshakeFailed, NIOSSLError.uncleanShutdown:
            self.init(.unreachable, "\(server.host) closed the connection.", cause: error)
        case let error as ChannelError where error == .eof || error == .ioOnClosedChannel:
            self.init(.unreachable, "\(server.host) closed the connection.", cause: error)
        case let error as NIOConnectionError:
            self.init(.unreachable, "\(server.host):\(server.port) can't be reached: \(Self.text(error))", cause: error)
        case is CancellationError:
            self.init(.unreachable, "The request to \(server.host) was cancelled.", cause: error)
        default:
            self.init(.unreachable, "\(server.host):\(server.port) can't be reached: \(error)", cause: error)
        }
    }

    /// The last word of each error: `error:1000042e:SSL routines:OPENSSL_internal:TLSV1_ALERT_PROTOCOL_VERSION at …`.
    private static func text(_ reasons: NIOBoringSSLErrorStack) -> String {
        reasons.map { reason in
            let words = reason.description.split(separator: ":")
            let word = words.dropFirst(4).first?.split(separator: " ").first
            return word.map(String.init) ?? reason.description
        }.joined(separator: ", ")
    }

    private static func text(_ error: NIOConnectionError) -> String {
        guard let first = error.connectionErrors.first else { return "there is no such host" }
        switch first.error {
        case let error as IOError: return String(cString: strerror(error.errnoCode)).lowercased()
        case ChannelError.connectTimeout: return "no answer"
        default: return "\(first.error)"
        }
    }
}
