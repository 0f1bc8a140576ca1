internal import SwiftASN1
package import X509

/// One name of a subjectAltName, with the bytes that were asked for (RFC 5280 §4.2.1.6).
///
/// The library's `GeneralName` throws on an IA5String that is not ASCII; a refusal has to show it.
package struct AlternativeName: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case dns
        case ip
        case uri
        case email
        case otherName = "other-name"
        case x400Address = "x400-address"
        case directoryName = "directory-name"
        case ediPartyName = "edi-party-name"
        case registeredID = "registered-id"
    }

    package let kind: Kind
    /// The contents of a DNS name, address, URI or mailbox; the whole DER of any other kind.
    package let value: [UInt8]
    /// The whole GeneralName.
    let encoded: [UInt8]

    init(node: ASN1Node) throws {
        let kinds: [Kind] = [
            .otherName, .email, .dns, .x400Address, .directoryName, .ediPartyName, .uri, .ip, .registeredID,
        ]
        guard node.identifier.tagClass == .contextSpecific, node.identifier.tagNumber < 9 else {
            throw AlternativeName.malformed
        }
        kind = kinds[Int(node.identifier.tagNumber)]
        encoded = Array(node.encodedBytes)
        switch kind {
        case .dns, .ip, .uri, .email:
            guard case .primitive(let content) = node.content else { throw AlternativeName.malformed }
            value = Array(content)
        default:
            value = encoded
        }
    }

    /// The names of a subjectAltName extension's value.
    /// - Throws: ``CertificationRequestError``, malformed.
    static func list(_ extensionValue: ArraySlice<UInt8>) throws -> [AlternativeName] {
        guard let node = try? DER.parse(extensionValue) else { throw malformed }
        return try list(node)
    }

    static func list(_ node: ASN1Node) throws -> [AlternativeName] {
        guard node.identifier == .sequence, case .constructed(let nodes) = node.content else { throw malformed }
        return try list(nodes)
    }

    static func list(_ nodes: ASN1NodeCollection) throws -> [AlternativeName] {
        let names = try nodes.map { try AlternativeName(node: $0) }
        guard !names.isEmpty else {
            throw CertificationRequestError(.malformed, "The subjectAltName has no name in it.")
        }
        return names
    }

    /// As the library holds it; nil for a kind that no profile admits, and for what is not ASCII.
    package var generalName: GeneralName? {
        guard kind == .ip || value.allSatisfy({ $0 < 0x80 }) else { return nil }
        let text = String(decoding: value, as: UTF8.self)
        switch kind {
        case .dns: return .dnsName(text)
        case .uri: return .uniformResourceIdentifier(text)
        case .email: return .rfc822Name(text)
        case .ip: return .ipAddress(ASN1OctetString(contentBytes: value[...]))
        default: return nil
        }
    }

    /// The name as a refusal shows it.
    var shown: String {
        if kind == .ip, let address = IPAddress(bytes: value) { return address.description }
        return kind == .ip ? "0x" + DisplayText.escape(value.hexadecimal) : DisplayText.escape(bytes: value)
    }

    /// What two names must share to be the same name: DNS and the host of a mailbox without case, all else byte by byte.
    var comparable: AlternativeName {
        switch kind {
        case .dns: return AlternativeName(kind: kind, value: AlternativeName.lowercased(value[...]))
        case .email:
            guard let at = value.lastIndex(of: UInt8(ascii: "@")) else { return self.stripped }
            return AlternativeName(kind: kind, value: value[...at] + AlternativeName.lowercased(value[(at + 1)...]))
        default: return self.stripped
        }
    }

    /// What a name of this kind with this text must equal, in the spelling of ``comparable``; nil where the text is none.
    static func comparable(_ kind: Kind, _ text: String) -> AlternativeName? {
        guard kind == .ip else { return AlternativeName(kind: kind, value: Array(text.utf8)).comparable }
        return IPAddress(text).map { AlternativeName(kind: .ip, value: $0.bytes) }
    }

    private var stripped: AlternativeName { AlternativeName(kind: kind, value: value) }

    private init(kind: Kind, value: [UInt8]) {
        self.kind = kind
        self.value = value
        self.encoded = []
    }

    static func lowercased(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        bytes.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    }

    private static let malformed = CertificationRequestError(.malformed, "The subjectAltName cannot be read.")
}
