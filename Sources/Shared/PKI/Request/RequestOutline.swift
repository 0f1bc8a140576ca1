internal import SwiftASN1

/// The outer structure of a PKCS#10 certification request (RFC 2986), read with nothing but an ASN.1 parser.
///
/// DER, to the letter where two readers could disagree: definite lengths in the fewest bytes, no trailing bytes, no
/// duplicated attribute. Lenient where stock clients need it: the attributes may be missing, and need not be sorted.
struct RequestOutline: Sendable {
    /// A larger request is not looked at.
    static let maximumBytes = 65_536

    struct Attribute: Sendable {
        let type: ASN1ObjectIdentifier
        let values: [ASN1Node]
    }

    /// The signed bytes: CertificationRequestInfo.
    let signedBytes: ArraySlice<UInt8>
    let subject: ASN1Node
    let publicKeyInfo: ASN1Node
    let key: KeyOutline
    let attributes: [Attribute]
    /// nil for an algorithm that is not supported.
    let signatureAlgorithm: SignatureAlgorithm?
    let signatureAlgorithmName: String
    let signature: ArraySlice<UInt8>

    /// - Parameter ignoresKey: the key, the signature and its algorithm may be anything, as in a request for a key that
    ///   the server makes (RFC 7030 §4.4.1).
    /// - Throws: ``CertificationRequestError``, malformed.
    init(derEncoded bytes: [UInt8], ignoresKey: Bool = false) throws {
        guard bytes.count <= RequestOutline.maximumBytes else {
            throw RequestOutline.malformed("The certification request is too large.")
        }
        let root: ASN1Node
        do {
            root = try DER.parse(bytes)
        } catch {
            throw RequestOutline.malformed(RequestOutline.reason(bytes))
        }
        var parts = try RequestOutline.children(of: root, "certification request")
        guard let info = parts.next(), let algorithm = parts.next(), let signature = parts.next(), parts.next() == nil
        else { throw RequestOutline.malformed("The certification request does not have its three parts.") }

        var fields = try RequestOutline.children(of: info, "certification request")
        guard let version = fields.next(), version.identifier == .integer, case .primitive(let number) = version.content
        else { throw RequestOutline.malformed("The certification request has no version.") }
        guard number.elementsEqual([0]) else {
            throw RequestOutline.malformed("The certification request's version is not v1.")
        }
        guard let subject = fields.next(), subject.identifier == .sequence else {
            throw RequestOutline.malformed("The certification request has no subject.")
        }
        guard let publicKeyInfo = fields.next() else {
            throw RequestOutline.malformed("The certification request has no public key.")
        }
        self.key = try ignoresKey ? .ignored : KeyOutline(subjectPublicKeyInfo: publicKeyInfo)
        self.attributes = try RequestOutline.attributes(fields.next())
        guard fields.next() == nil else {
            throw RequestOutline.malformed("The certification request has surplus fields.")
        }
        self.signedBytes = info.encodedBytes
        self.subject = subject
        self.publicKeyInfo = publicKeyInfo
        guard !ignoresKey else {
            (self.signatureAlgorithm, self.signatureAlgorithmName, self.signature) = (nil, "an ignored one", [])
            return
        }
        (self.signatureAlgorithm, self.signatureAlgorithmName) = try RequestOutline.algorithm(algorithm)
        guard let bits = try? ASN1BitString(derEncoded: signature), bits.paddingBits == 0 else {
            throw RequestOutline.malformed("The signature cannot be read.")
        }
        self.signature = bits.bytes
    }

    private static func algorithm(_ node: ASN1Node) throws -> (SignatureAlgorithm?, String) {
        var parts = try children(of: node, "signature algorithm")
        guard let identifier = try? ASN1ObjectIdentifier(derEncoded: &parts) else {
            throw malformed("The signature algorithm cannot be read.")
        }
        let parameters = parts.next()
        guard parts.next() == nil else { throw malformed("The signature algorithm cannot be read.") }
        guard let algorithm = ObjectIdentifiers.Signature.supported[identifier] else {
            let name = ObjectIdentifiers.Signature.names[identifier]
            return (nil, name ?? DisplayText.escape(identifier.description))
        }
        // RFC 4055 and RFC 5758 disagree on NULL; clients write either.
        guard parameters == nil || (parameters?.identifier == .null && algorithm != .ed25519) else {
            throw malformed("The signature algorithm has parameters that it may not have.")
        }
        return (algorithm, algorithm.rawValue)
    }

    private static func attributes(_ node: ASN1Node?) throws -> [Attribute] {
        guard let node else { return [] }
        guard node.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific),
            case .constructed(let nodes) = node.content
        else { throw malformed("The attributes cannot be read.") }
        var attributes: [Attribute] = []
        var seen: Set<ASN1ObjectIdentifier> = []
        for node in nodes {
            var parts = try children(of: node, "attribute")
            guard let type = try? ASN1ObjectIdentifier(derEncoded: &parts), let values = parts.next(),
                parts.next() == nil, values.identifier == .set, case .constructed(let children) = values.content
            else { throw malformed("An attribute cannot be read.") }
            guard seen.insert(type).inserted else {
                throw malformed("The attribute \(DisplayText.escape(type.description)) is there twice.")
            }
            let attribute = Attribute(type: type, values: Array(children))
            guard !attribute.values.isEmpty else {
                throw malformed("The attribute \(DisplayText.escape(type.description)) has no value.")
            }
            attributes.append(attribute)
        }
        return attributes
    }

    static func children(of node: ASN1Node, _ what: String) throws -> ASN1NodeCollection.Iterator {
        guard node.identifier == .sequence, case .constructed(let nodes) = node.content else {
            throw malformed("The \(what) cannot be read.")
        }
        return nodes.makeIterator()
    }

    static func malformed(_ message: String) -> CertificationRequestError {
        CertificationRequestError(.malformed, message)
    }

    /// Why the bytes are not DER, as far as it can be said.
    private static func reason(_ bytes: [UInt8]) -> String {
        if bytes.count > 1, bytes[0] == 0x30, bytes[1] == 0x80 {
            return "The certification request has an indefinite length, which DER does not allow."
        }
        let header: Int
        let length: Int
        switch (bytes.first, bytes.dropFirst().first, bytes.count) {
        case (0x30, 0x81, 3...): (header, length) = (3, Int(bytes[2]))
        case (0x30, 0x82, 4...): (header, length) = (4, Int(bytes[2]) << 8 | Int(bytes[3]))
        default: return "This is not a certification request."
        }
        if bytes.count > header + length { return "The certification request has trailing bytes." }
        return bytes.count < header + length
            ? "The certification request is cut off." : "The certification request is not DER."
    }
}
