/// The contents of a certificate's cRLDistributionPoints extension, 2.5.29.31 (RFC 5280 §4.2.1.13).
package enum DistributionPoints {
    /// One distribution point, the same CRL to be had at each of these addresses; DER.
    ///
    /// - Parameter addresses: at least one, ASCII.
    package static func encode(_ addresses: [String]) -> [UInt8] {
        let names = addresses.map { DERWriter.element(0x86, Array($0.utf8)) }
        let point = DERWriter.element(0xa0, DERWriter.element(0xa0, names))
        return DERWriter.element(DERWriter.sequence, DERWriter.element(DERWriter.sequence, point))
    }
}
