internal import SwiftASN1

/// The certs-only message that carries certificates in EST: a degenerate SignedData (RFC 5652 §5, RFC 5272 §4.1).
package enum CertsOnlyMessage {
    /// 1.2.840.113549.1.7.2 and 1.2.840.113549.1.7.1
    private static let signedData: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02]
    private static let data: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01]
    private static let version: [UInt8] = [0x02, 0x01, 0x01]

    /// The message, DER. The certificates must be DER; they stand in the order that DER prescribes for a set.
    package static func encode(_ certificates: [[UInt8]]) -> [UInt8] {
        let content = DERWriter.element(
            DERWriter.sequence,
            [
                version,
                DERWriter.element(DERWriter.set, [UInt8]()),
                DERWriter.element(DERWriter.sequence, data),
                DERWriter.element(0xa0, DERWriter.sorted(certificates)),
                DERWriter.element(DERWriter.set, [UInt8]()),
            ])
        return DERWriter.element(DERWriter.sequence, [signedData, DERWriter.element(0xa0, content)])
    }

    /// The certificates in a certs-only message, DER, in the message's order.
    package static func decode(_ message: [UInt8]) throws -> [[UInt8]] {
        try DER.sequence(DER.parse(message), identifier: .sequence) { nodes in
            _ = try ASN1ObjectIdentifier(derEncoded: &nodes)
            return try DER.explicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) { content in
                try DER.sequence(content, identifier: .sequence) { parts in
                    var certificates: [[UInt8]] = []
                    while let part = parts.next() {
                        guard part.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific),
                            case .constructed(let nodes) = part.content
                        else { continue }
                        certificates += nodes.map { Array($0.encodedBytes) }
                    }
                    return certificates
                }
            }
        }
    }
}
