/// The entries of a CRL, encoded one after the other as they come (RFC 5280 §5.1.2.6).
///
/// A million take about 50 MB, and no other copy of them is held.
package struct RevocationListEntries: Sendable {
    /// id-ce-cRLReasons as an entry's only extension, up to the code itself.
    private static let reasonPrefix: [UInt8] = [
        0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01,
    ]

    private(set) var encoded: [UInt8] = []
    package private(set) var count = 0

    package init() {}

    /// Adds an entry. A reader finds entries faster where they come in the order of their serial numbers.
    ///
    /// - Parameters:
    ///   - serial: the serial number, the highest byte first.
    ///   - revokedAt: in seconds since 1970.
    package mutating func append(serial: some Sequence<UInt8>, revokedAt: Int64, reason: RevocationReasonCode) {
        let number = DERWriter.positiveInteger(serial)
        let time = DERTime.time(revokedAt)
        let isSpecified = reason != .unspecified
        let length = number.count + time.count + (isSpecified ? Self.reasonPrefix.count + 1 : 0)
        encoded += DERWriter.header(DERWriter.sequence, length)
        encoded += number
        encoded += time
        if isSpecified {
            encoded += Self.reasonPrefix
            encoded.append(reason.rawValue)
        }
        count += 1
    }
}
