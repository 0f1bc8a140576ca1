/// Why something is no certification request, or not one that its sender signed. The answer to it is 400.
package struct CertificationRequestError: Error, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        case malformed
        case badSignature
    }

    package var code: Code
    /// One sentence that may be shown to whoever sent the request.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
