internal import SwiftASN1
package import X509

/// What a server wants a certification request to contain, read from its `csrattrs` answer (RFC 7030 §4.5.2, RFC 9908).
///
/// The template of RFC 9908 §3.4 wins where there is one; a device looks at nothing else then (RFC 9908 §4).
package struct CSRAttributesAnswer: Sendable, Equatable {
    /// The request should carry the connection's channel binding (RFC 7030 §3.5).
    package var needsChannelBinding = false
    /// The kind of key; nil where any will do, or it is one that is not known here.
    package var keyKind: DeviceKey.Kind?
    /// Extensions with the values that the request should ask for.
    package var extensions: [Certificate.Extension] = []
    /// Extensions and subject attributes that the device is to fill in, as dotted object identifiers.
    package var openExtensions: [String] = []
    package var openSubjectAttributes: [String] = []
    /// Attributes of the subject that the server sets.
    package var fixedSubjectAttributes: [RelativeDistinguishedName.Attribute] = []

    package init() {}

    /// - Throws: ``DeviceError``, `badAnswer`.
    package init(derEncoded bytes: [UInt8]) throws {
        do {
            let elements = try DER.parse(bytes).children()
            var template: ASN1Node?
            for element in elements {
                if element.identifier == .objectIdentifier {
                    read(identifier: try ASN1ObjectIdentifier(derEncoded: element))
                } else {
                    let (type, values) = try Self.attribute(element)
                    if type == Known.template {
                        template = values.first
                    } else {
                        try read(attribute: type, values)
                    }
                }
            }
            if let template {
                self = CSRAttributesAnswer()
                try read(template: template)
            }
        } catch {
            throw DeviceError(.badAnswer, "The server's csrattrs answer can't be read.", cause: error)
        }
    }

    private static func attribute(_ node: ASN1Node) throws -> (ASN1ObjectIdentifier, [ASN1Node]) {
        let parts = try node.children()
        guard parts.count == 2 else { throw ASN1Error.unexpected("an attribute has a type and values") }
        return (try ASN1ObjectIdentifier(derEncoded: parts[0]), try parts[1].children())
    }

    // MARK: The list of RFC 7030

    private mutating func read(identifier: ASN1ObjectIdentifier) {
        switch identifier {
        case Known.challengePassword: needsChannelBinding = true
        case Known.ed25519: keyKind = keyKind ?? .ed25519
        case Known.rsaEncryption: keyKind = keyKind ?? .rsa2048
        case Known.subjectAltName: openExtensions.append(identifier.description)
        default:
            if identifier.description.hasPrefix("2.5.4.") { openSubjectAttributes.append(identifier.description) }
        }
    }

    private mutating func read(attribute type: ASN1ObjectIdentifier, _ values: [ASN1Node]) throws {
        switch type {
        case Known.challengePassword:
            needsChannelBinding = true
        case Known.ecPublicKey:
            let curve = try values.first.map { try ASN1ObjectIdentifier(derEncoded: $0) }
            keyKind = keyKind ?? curve.flatMap(Self.kind(ofCurve:))
        case Known.rsaEncryption:
            let bits = try values.first.map { try Int(derEncoded: $0) }
            keyKind = keyKind ?? Self.kind(ofModulus: bits ?? 2048)
        case Known.ed25519:
            keyKind = keyKind ?? .ed25519
        case Known.extensionRequest:
            for value in values {
                extensions += try value.children().map { try Certificate.Extension(derEncoded: $0) }
            }
        default:
            if type.description.hasPrefix("2.5.4."), let value = values.first {
                fixedSubjectAttributes.append(.init(type: type, value: ASN1Any(derEncoded: value)))
            }
        }
    }

    // MARK: The template of RFC 9908

    private mutating func read(template: ASN1Node) throws {
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
                let type = try ASN1ObjectIdentifier(derEncoded: first)
                if parts.count > 1 {
                    fixedSubjectAttributes.append(.init(type: type, value: ASN1Any(derEncoded: parts[1])))
                } else {
                    openSubjectAttributes.append(type.description)
                }
            }
        }
    }

    private mutating func read(key: ASN1Node) throws {
        let parts = try key.children()
        guard let first = parts.first, let algorithm = try first.children().first else { return }
        switch try ASN1ObjectIdentifier(derEncoded: algorithm) {
        case Known.ecPublicKey:
            guard let curve = try first.children().dropFirst().first else { return }
            keyKind = Self.kind(ofCurve: try ASN1ObjectIdentifier(derEncoded: curve))
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
            keyKind = Self.kind(ofModulus: bits)
        case Known.ed25519:
            keyKind = .ed25519
        default: break
        }
    }

    private mutating func read(templateAttribute node: ASN1Node) throws {
        let (type, values) = try Self.attribute(node)
        switch type {
        case Known.challengePassword:
            needsChannelBinding = true
        case Known.extensionRequest:
            for value in values {
                extensions += try value.children().map { try Certificate.Extension(derEncoded: $0) }
            }
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

    // MARK: Kinds of key

    private static func kind(ofCurve curve: ASN1ObjectIdentifier) -> DeviceKey.Kind? {
        switch curve {
        case Known.p256: .p256
        case Known.p384: .p384
        case Known.p521: .p521
        default: nil
        }
    }

    private static func kind(ofModulus bits: Int) -> DeviceKey.Kind {
        switch bits {
        case ...2048: .rsa2048
        case ...3072: .rsa3072
        default: .rsa4096
        }
    }

    private enum Known {
        static let challengePassword: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 7]
        static let extensionRequest: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 14]
        static let template: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 2, 61]
        static let extensionRequestTemplate: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 2, 62]
        static let subjectAltName: ASN1ObjectIdentifier = [2, 5, 29, 17]
        static let rsaEncryption: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 1]
        static let ecPublicKey: ASN1ObjectIdentifier = [1, 2, 840, 10045, 2, 1]
        static let ed25519: ASN1ObjectIdentifier = [1, 3, 101, 112]
        static let p256: ASN1ObjectIdentifier = [1, 2, 840, 10045, 3, 1, 7]
        static let p384: ASN1ObjectIdentifier = [1, 3, 132, 0, 34]
        static let p521: ASN1ObjectIdentifier = [1, 3, 132, 0, 35]
    }
}

extension ASN1Node {
    /// The nodes of a constructed one.
    func children() throws -> [ASN1Node] {
        guard case .constructed(let nodes) = content else { throw ASN1Error.unexpected("\(identifier)") }
        return Array(nodes)
    }
}

extension ASN1Error {
    static func unexpected(_ what: String) -> ASN1Error {
        ASN1Error.invalidASN1Object(reason: "unexpected: \(what)")
    }
}
