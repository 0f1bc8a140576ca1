/// A CRL, version 2 (RFC 5280 §5): what is to be signed, and the whole of it.
package struct RevocationList: Sendable {
    private static let versionTwo: [UInt8] = [0x02, 0x01, 0x01]
    /// id-ce-authorityKeyIdentifier, 2.5.29.35
    private static let authorityKeyIdentifier: [UInt8] = [0x06, 0x03, 0x55, 0x1d, 0x23]
    /// id-ce-cRLNumber, 2.5.29.20
    private static let revocationListNumber: [UInt8] = [0x06, 0x03, 0x55, 0x1d, 0x14]

    package var issuer: RevocationListIssuer
    package var signatureAlgorithm: SignatureAlgorithm
    /// The cRLNumber, rising with each CRL of an authority (§5.2.3). Not negative.
    package var number: Int64
    /// In seconds since 1970.
    package var thisUpdate: Int64
    package var nextUpdate: Int64

    package init(
        issuer: RevocationListIssuer, signatureAlgorithm: SignatureAlgorithm, number: Int64, thisUpdate: Int64,
        nextUpdate: Int64
    ) {
        self.issuer = issuer
        self.signatureAlgorithm = signatureAlgorithm
        self.number = number
        self.thisUpdate = thisUpdate
        self.nextUpdate = nextUpdate
    }

    /// The TBSCertList with these entries, DER.
    package func toBeSigned(_ entries: RevocationListEntries) -> [UInt8] {
        let start =
            Self.versionTwo + signatureAlgorithm.algorithmIdentifier + issuer.name + DERTime.time(thisUpdate)
            + DERTime.time(nextUpdate)
        // Where nothing is revoked, the list itself must be absent (§5.1.2.6).
        let listHeader = entries.count > 0 ? DERWriter.header(DERWriter.sequence, entries.encoded.count) : []
        let extensions = DERWriter.element(0xa0, extensions)
        let length = start.count + listHeader.count + entries.encoded.count + extensions.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length + 10)
        bytes += DERWriter.header(DERWriter.sequence, length)
        bytes += start
        bytes += listHeader
        bytes += entries.encoded
        bytes += extensions
        return bytes
    }

    /// The CertificateList, DER.
    ///
    /// - Parameter signature: over exactly these bytes, by the issuer's key.
    package func encode(toBeSigned: [UInt8], signature: [UInt8]) -> [UInt8] {
        let end = signatureAlgorithm.algorithmIdentifier + DERWriter.bitString(signature)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(toBeSigned.count + end.count + 10)
        bytes += DERWriter.header(DERWriter.sequence, toBeSigned.count + end.count)
        bytes += toBeSigned
        bytes += end
        return bytes
    }

    private var extensions: [UInt8] {
        let keyIdentifier = DERWriter.element(DERWriter.sequence, DERWriter.element(0x80, issuer.keyIdentifier))
        let number = DERWriter.positiveInteger(withUnsafeBytes(of: number.bigEndian) { Array($0) })
        return DERWriter.element(
            DERWriter.sequence,
            [
                DERWriter.element(
                    DERWriter.sequence,
                    [Self.authorityKeyIdentifier, DERWriter.element(DERWriter.octetString, keyIdentifier)]),
                DERWriter.element(
                    DERWriter.sequence, [Self.revocationListNumber, DERWriter.element(DERWriter.octetString, number)]),
            ])
    }
}
