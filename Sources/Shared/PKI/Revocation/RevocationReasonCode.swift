/// Why a certificate was revoked (RFC 5280 §5.3.1). `unspecified` is never written: its absence says the same.
package enum RevocationReasonCode: UInt8, Sendable, CaseIterable {
    case unspecified = 0
    case keyCompromise = 1
    case affiliationChanged = 3
    case superseded = 4
    case cessationOfOperation = 5
    case privilegeWithdrawn = 9
}
