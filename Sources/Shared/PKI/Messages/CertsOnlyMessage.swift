internal import SwiftASN1

/// The certs-only message that carries certificates in EST: a degenerate SignedData (RFC 5652 §5, RFC 5272 §4.1).
package enum CertsOnlyMessage {
    /// 1.2.840.113549.1.7.2 and 1.2.840.113549.1.7.1
    private static let signedData: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02]
    private static let data: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01]
    private static let version: [UInt8] = [0x02, 0x01, 0x01]

    /// The message. The certificates must be DER; they stand in the order that DER prescribes for a set.
    ///
    /// - Parameter keepsOrder: leave them in the order given: BER, which RFC 5652 allows, and which clients that take
    ///   the first certificate that fits need during a roll-over.
    package static func encode(_ certificates: [[UInt8]], keepsOrder: Bool = false) -> [UInt8] {
        let content = DERWriter.element(
            DERWriter.sequence,
            [
                version,
                DERWriter.element(DERWriter.set, [UInt8]()),
                DERWriter.element(DERWriter.sequence, data),
                DERWriter.element(0xa0, keepsOrder ? certificates : DERWriter.sorted(certificates)),
                DERWriter.element(DERWriter.set, [UInt8]()),
            ])
        return DERWriter.element(DERWriter.sequence, [signedData, DERWriter.element(0xa0, content)])
    }

    /// The certificates in a certs-only message, DER, in the message's order.
    ///
    /// The message itself may be BER, as some servers write it; lists of revoked certificates and certificates that are
    /// none of X.509 are passed over.
    package static func decode(_ message: [UInt8]) throws -> [[UInt8]] {
        var fields = try children(BER.parse(message), .sequence).makeIterator()
        guard let type = fields.next(), Array(type.encodedBytes) == signedData, let wrapped = fields.next(),
            let content = try children(wrapped, contextTag(0)).first
        else { throw ASN1Error.invalidASN1Object(reason: "no SignedData") }
        return try children(content, .sequence).filter { $0.identifier == contextTag(0) }
            .flatMap { try children($0, contextTag(0)) }
            .filter { $0.identifier == .sequence }
            .map { Array($0.encodedBytes) }
    }

    private static func contextTag(_ number: UInt) -> ASN1Identifier {
        ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
    }

    private static func children(_ node: ASN1Node, _ identifier: ASN1Identifier) throws -> [ASN1Node] {
        guard node.identifier == identifier, case .constructed(let nodes) = node.content else {
            throw ASN1Error.invalidASN1Object(reason: "\(node.identifier) is not what is expected")
        }
        return Array(nodes)
    }
}
