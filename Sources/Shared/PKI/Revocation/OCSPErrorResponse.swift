/// An OCSPResponse that has a status and nothing else, and so needs no signature (RFC 6960 §4.2.1).
package enum OCSPErrorResponse: UInt8, Sendable, CaseIterable {
    case malformedRequest = 1
    case internalError = 2
    /// Too busy at the moment: ask again.
    case tryLater = 3
    /// Not for this responder: another issuer, or a certificate that it does not know (RFC 5019 §2.2.3).
    case unauthorized = 6

    /// The response, DER.
    package static func encode(_ status: OCSPErrorResponse) -> [UInt8] {
        DERWriter.element(DERWriter.sequence, DERWriter.element(DERWriter.enumerated, [status.rawValue]))
    }
}
