internal import SwiftASN1

/// The algorithms that a client can decrypt with, in its order of preference (RFC 8551 §2.5.2).
package struct SMIMECapabilities: Sendable, Equatable {
    struct Capability: Sendable, Equatable {
        let identifier: ASN1ObjectIdentifier
        /// The whole element, DER; nil where there is none.
        let parameters: [UInt8]?
    }

    /// More are not looked at.
    static let maximumCount = 64

    let all: [Capability]
    /// The attribute's value, DER.
    let encoded: [UInt8]

    /// - Throws: ``CertificationRequestError``, malformed.
    init(attributeValues values: [ASN1Node]) throws {
        let malformed = RequestOutline.malformed("The SMIMECapabilities cannot be read.")
        guard let value = values.first, values.count == 1, value.identifier == .sequence,
            case .constructed(let nodes) = value.content
        else { throw malformed }
        all = try nodes.prefix(SMIMECapabilities.maximumCount + 1).map { node in
            guard var parts = try? RequestOutline.children(of: node, ""),
                let identifier = try? ASN1ObjectIdentifier(derEncoded: &parts)
            else { throw malformed }
            let parameters = parts.next().map { Array($0.encodedBytes) }
            guard parts.next() == nil else { throw malformed }
            return Capability(identifier: identifier, parameters: parameters)
        }
        guard !all.isEmpty else { throw RequestOutline.malformed("The SMIMECapabilities are empty.") }
        guard all.count <= SMIMECapabilities.maximumCount else {
            throw RequestOutline.malformed("The SMIMECapabilities are more than \(SMIMECapabilities.maximumCount).")
        }
        encoded = Array(value.encodedBytes)
    }
}
