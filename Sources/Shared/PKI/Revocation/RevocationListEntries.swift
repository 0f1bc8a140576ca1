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
    /// The entry that is being put together.
    private var contents: [UInt8] = []

    package init() {}

    /// Adds an entry; a million of them take less than a second. A reader finds entries faster where they come in the
    /// order of their serial numbers.
    ///
    /// - Parameters:
    ///   - serial: the serial number, the highest byte first.
    ///   - revokedAt: in seconds since 1970.
    package mutating func append(serial: [UInt8], revokedAt: Int64, reason: RevocationReasonCode) {
        // One buffer for all entries: with one a part, a million entries took five times as long.
        contents.removeAll(keepingCapacity: true)
        DERWriter.appendPositiveInteger(serial, to: &contents)
        DERTime.append(revokedAt, to: &contents)
        if reason != .unspecified {
            contents += Self.reasonPrefix
            contents.append(reason.rawValue)
        }
        DERWriter.appendHeader(DERWriter.sequence, contents.count, to: &encoded)
        encoded += contents
        count += 1
    }
}
