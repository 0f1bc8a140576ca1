internal import SwiftASN1
internal import X509

/// The CertificationRequestInfoTemplate of RFC 9908 §3.4.
extension CSRAttributesAnswer {
    mutating func read(template: ASN1Node) throws {
        for field in try template.children() {
            switch field.identifier {
            case .integer: break
            case .sequence: try read(subject: field)
            case ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific): try read(key: field)
            case ASN1Identifier(tagWithNumber: 1, tagClass: .contextSpecific):
                for attribute in try field.children() {
                    try read(templateAttribute: attribute)
                }
            default: throw ASN1Error.unexpected("a field of the template")
            }
        }
    }

    private mutating func read(subject: ASN1Node) throws {
        for relativeName in try subject.children() {
            for attribute in try relativeName.children() {
                let parts = try attribute.children()
                guard let first = parts.first else { throw ASN1Error.unexpected("an attribute without a type") }
                wantSubjectAttribute(
                    try ASN1ObjectIdentifier(derEncoded: first), value: parts.count > 1 ? parts[1] : nil)
            }
        }
    }

    private mutating func read(key: ASN1Node) throws {
        let parts = try key.children()
        guard let first = parts.first, let name = try first.children().first else { return }
        let algorithm = try ASN1ObjectIdentifier(derEncoded: name)
        switch algorithm {
        case Known.ecPublicKey:
            guard let curve = try first.children().dropFirst().first else { return }
            let identifier = try ASN1ObjectIdentifier(derEncoded: curve)
            want(Self.kind(ofCurve: identifier), else: identifier)
        case Known.rsaEncryption:
            // A key that is nobody's stands for its size (RFC 9908 §3.4).
            var bits = 2048
            if parts.count > 1 {
                let placeholder = try ASN1BitString(derEncoded: parts[1])
                if let modulus = try DER.parse(Array(placeholder.bytes)).children().first,
                    case .primitive(let bytes) = modulus.content
                {
                    bits = bytes.drop { $0 == 0 }.count * 8
                }
            }
            want(Self.kind(ofModulus: bits))
        default:
            want(Self.kind(algorithm), else: algorithm)
        }
    }

    private mutating func read(templateAttribute node: ASN1Node) throws {
        guard let (type, values) = Self.attribute(node) else { throw ASN1Error.unexpected("no attribute") }
        switch type {
        case Known.challengePassword:
            needsChannelBinding = true
        case Known.extensionRequest:
            read(extensionRequest: values)
        case Known.extensionRequestTemplate:
            for value in values {
                for one in try value.children() {
                    try read(extensionTemplate: one)
                }
            }
        default: break
        }
    }

    private mutating func read(extensionTemplate node: ASN1Node) throws {
        let parts = try node.children()
        guard let first = parts.first, let last = parts.last else { throw ASN1Error.unexpected("an extension") }
        let identifier = try ASN1ObjectIdentifier(derEncoded: first)
        // A subjectAltName is always the device's: what a template has of it is empty places.
        if last.identifier == .octetString, identifier != Known.subjectAltName {
            extensions.append(try Certificate.Extension(derEncoded: node))
        } else {
            openExtensions.append(identifier.description)
        }
    }
}
