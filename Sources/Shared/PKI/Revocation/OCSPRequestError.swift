/// Why an OCSP request is not answered with a certificate's status. Equal by code.
///
/// Each of them is a `malformedRequest` to the client (RFC 6960 §2.3); the message is for logs.
package struct OCSPRequestError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable {
        /// Not DER, or not an OCSPRequest.
        case malformed
        /// Another version than v1.
        case unsupportedVersion
        /// A critical extension that nobody here knows (RFC 6960 §4.4).
        case unsupportedExtension
    }

    package var code: Code
    package var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }

    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}
