internal import SwiftASN1

/// A client's question about certificates: an OCSPRequest (RFC 6960 §4.1, RFC 5019 §2.1).
///
/// DER, read with bounds and without a look at a signature, which no client needs here. A nonce is checked for its
/// length and ignored otherwise: answers are made ahead and kept, and RFC 5019 §4 allows them to have none.
package struct OCSPRequest: Sendable, Equatable {
    /// A larger request is not looked at. One CertID takes about 100 bytes.
    package static let maximumBytes = 16_384
    /// RFC 9654 §2.1
    private static let nonceBytes = 1...128

    /// At least one. RFC 5019 clients ask about exactly one.
    package let certificateIdentifiers: [OCSPCertificateIdentifier]
    package let hasNonce: Bool

    /// - Throws: ``OCSPRequestError``
    package init(derEncoded bytes: [UInt8]) throws {
        guard bytes.count <= Self.maximumBytes else { throw Self.malformed("The OCSP request is too large.") }
        guard let root = try? DER.parse(bytes) else { throw Self.malformed("This is not DER, or not all of it.") }
        var parts = try Self.children(of: root, "OCSP request")
        guard let contents = parts.next() else { throw Self.malformed("The OCSP request is empty.") }
        if let signature = parts.next() {
            _ = try Self.explicit(signature, 0, "signature")
        }
        guard parts.next() == nil else { throw Self.malformed("The OCSP request has surplus parts.") }

        var fields = try Self.children(of: contents, "OCSP request")
        var field = fields.next()
        if let version = field, version.identifier == Self.tag(0) {
            try Self.requireFirstVersion(try Self.explicit(version, 0, "version"))
            field = fields.next()
        }
        if let requestor = field, requestor.identifier == Self.tag(1) {
            // Who asks makes no difference.
            _ = try Self.explicit(requestor, 1, "requestor's name")
            field = fields.next()
        }
        guard let list = field else { throw Self.malformed("The OCSP request asks for nothing.") }
        var identifiers: [OCSPCertificateIdentifier] = []
        var requests = try Self.children(of: list, "list of requests")
        while let request = requests.next() {
            identifiers.append(try Self.identifier(request))
        }
        guard !identifiers.isEmpty else { throw Self.malformed("The OCSP request asks for nothing.") }
        certificateIdentifiers = identifiers
        if let extensions = fields.next() {
            hasNonce = try Self.extensions(try Self.explicit(extensions, 2, "extensions")).contains {
                $0 == ObjectIdentifiers.Revocation.nonce
            }
        } else {
            hasNonce = false
        }
        guard fields.next() == nil else { throw Self.malformed("The OCSP request has surplus fields.") }
    }

    private static func requireFirstVersion(_ node: ASN1Node) throws {
        // v1 is the default, which DER leaves out; some clients write it all the same.
        guard try integer(node, "version") == [0] else {
            throw OCSPRequestError(.unsupportedVersion, "The OCSP request's version is not v1.")
        }
    }

    private static func identifier(_ node: ASN1Node) throws -> OCSPCertificateIdentifier {
        var parts = try children(of: node, "request")
        guard let certificate = parts.next() else { throw malformed("A request names no certificate.") }
        let identifier = try OCSPCertificateIdentifier(certificate)
        if let node = parts.next() {
            _ = try extensions(try explicit(node, 0, "extensions"))
        }
        guard parts.next() == nil else { throw malformed("A request has surplus parts.") }
        return identifier
    }

    /// The types of the extensions.
    private static func extensions(_ node: ASN1Node) throws -> Set<ASN1ObjectIdentifier> {
        var nodes = try children(of: node, "extensions")
        var types: Set<ASN1ObjectIdentifier> = []
        while let node = nodes.next() {
            var parts = try children(of: node, "extension")
            guard let type = try? ASN1ObjectIdentifier(derEncoded: &parts), var part = parts.next() else {
                throw malformed("An extension cannot be read.")
            }
            var isCritical = false
            if part.identifier == .boolean {
                guard let flag = try? Bool(derEncoded: part), let value = parts.next() else {
                    throw malformed("An extension cannot be read.")
                }
                isCritical = flag
                part = value
            }
            guard let value = try? ASN1OctetString(derEncoded: part), parts.next() == nil else {
                throw malformed("An extension cannot be read.")
            }
            guard types.insert(type).inserted else { throw malformed("An extension is there twice.") }
            guard !isCritical || ObjectIdentifiers.Revocation.requestExtensions.contains(type) else {
                throw OCSPRequestError(.unsupportedExtension, "A critical extension is not known.")
            }
            if type == ObjectIdentifiers.Revocation.nonce { try requireReadable(nonce: value) }
        }
        return types
    }

    private static func requireReadable(nonce value: ASN1OctetString) throws {
        guard let node = try? DER.parse(Array(value.bytes)), let nonce = try? ASN1OctetString(derEncoded: node),
            nonceBytes.contains(nonce.bytes.count)
        else { throw malformed("The nonce is not an octet string of 1 to 128 bytes.") }
    }

    /// What an explicit tag holds.
    private static func explicit(_ node: ASN1Node, _ number: UInt, _ what: String) throws -> ASN1Node {
        guard node.identifier == tag(number), case .constructed(let nodes) = node.content else {
            throw malformed("The \(what) cannot be read.")
        }
        var iterator = nodes.makeIterator()
        guard let content = iterator.next(), iterator.next() == nil else {
            throw malformed("The \(what) cannot be read.")
        }
        return content
    }

    private static func tag(_ number: UInt) -> ASN1Identifier {
        ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
    }

    static func children(of node: ASN1Node, _ what: String) throws -> ASN1NodeCollection.Iterator {
        guard node.identifier == .sequence, case .constructed(let nodes) = node.content else {
            throw malformed("The \(what) cannot be read.")
        }
        return nodes.makeIterator()
    }

    /// An integer's contents, at least one byte: swift-asn1 has no type for one that may be negative and of any length.
    static func integer(_ node: ASN1Node, _ what: String) throws -> [UInt8] {
        guard node.identifier == .integer, case .primitive(let contents) = node.content, !contents.isEmpty else {
            throw malformed("The \(what) cannot be read.")
        }
        let bytes = Array(contents)
        // X.690 §8.3.2: in the fewest bytes.
        if bytes.count > 1, bytes[0] == 0 && bytes[1] < 0x80 || bytes[0] == 0xff && bytes[1] >= 0x80 {
            throw malformed("The \(what) is not in the fewest bytes.")
        }
        return bytes
    }

    static func malformed(_ message: String) -> OCSPRequestError {
        OCSPRequestError(.malformed, message)
    }
}
