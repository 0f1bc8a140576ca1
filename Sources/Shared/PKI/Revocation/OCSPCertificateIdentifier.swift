internal import SwiftASN1

/// The hash functions of CertIDs that are answered (RFC 6960 §4.1.1, RFC 5019 §2.1.1).
package enum OCSPIdentifierHash: String, Sendable, CaseIterable {
    case sha1
    case sha256

    /// The AlgorithmIdentifier, with NULL for parameters as nearly every client writes it.
    var algorithmIdentifier: [UInt8] {
        switch self {
        case .sha1: [0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00]
        case .sha256:
            [0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00]
        }
    }

    init?(_ algorithm: ASN1ObjectIdentifier) {
        switch algorithm {
        case ObjectIdentifiers.Revocation.sha1: self = .sha1
        case ObjectIdentifiers.Revocation.sha256: self = .sha256
        default: return nil
        }
    }
}

/// A CertID: which certificate, of which issuer, an OCSP client asks about (RFC 6960 §4.1.1).
package struct OCSPCertificateIdentifier: Sendable, Equatable {
    /// nil for a function that is not answered.
    package let hash: OCSPIdentifierHash?
    package let issuerNameHash: [UInt8]
    package let issuerKeyHash: [UInt8]
    /// The serial number, without leading zeros; nil for 0, a negative one, or one of more than 20 bytes, which nobody
    /// may issue (RFC 5280 §4.1.2.2).
    package let serial: [UInt8]?

    /// - Throws: ``OCSPRequestError``
    init(_ node: ASN1Node) throws {
        var parts = try OCSPRequest.children(of: node, "CertID")
        guard let algorithm = parts.next(), let nameHash = parts.next(), let keyHash = parts.next(),
            let number = parts.next(), parts.next() == nil
        else { throw OCSPRequest.malformed("A CertID does not have its four parts.") }
        hash = try Self.hash(algorithm)
        guard let name = try? ASN1OctetString(derEncoded: nameHash), let key = try? ASN1OctetString(derEncoded: keyHash)
        else { throw OCSPRequest.malformed("A CertID's hashes cannot be read.") }
        issuerNameHash = Array(name.bytes)
        issuerKeyHash = Array(key.bytes)
        let bytes = try OCSPRequest.integer(number, "serial number")
        let magnitude = bytes.drop { $0 == 0 }
        serial = bytes[0] & 0x80 == 0 && (1...20).contains(magnitude.count) ? Array(magnitude) : nil
    }

    private static func hash(_ node: ASN1Node) throws -> OCSPIdentifierHash? {
        var parts = try OCSPRequest.children(of: node, "hash algorithm")
        guard let algorithm = try? ASN1ObjectIdentifier(derEncoded: &parts) else {
            throw OCSPRequest.malformed("A hash algorithm cannot be read.")
        }
        let parameters = parts.next()
        guard parts.next() == nil else { throw OCSPRequest.malformed("A hash algorithm cannot be read.") }
        guard let hash = OCSPIdentifierHash(algorithm) else { return nil }
        guard parameters == nil || parameters?.identifier == .null else {
            throw OCSPRequest.malformed("A hash algorithm has parameters that it may not have.")
        }
        return hash
    }
}
