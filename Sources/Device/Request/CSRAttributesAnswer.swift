internal import SwiftASN1
package import X509

/// What a server wants a certification request to contain, read from its `csrattrs` answer (RFC 7030 §4.5.2, RFC 9908).
///
/// The template of RFC 9908 §3.4 wins where there is one; a device looks at nothing else then (RFC 9908 §4). What is not
/// known is ignored (RFC 7030 §4.5.2).
package struct CSRAttributesAnswer: Sendable, Equatable {
    /// The request should carry the connection's channel binding (RFC 7030 §3.5).
    package var needsChannelBinding = false
    /// The kind of key; nil where any will do, or it is one that is not known here.
    package var keyKind: DeviceKey.Kind?
    /// A kind of key that is asked for and that is not known here, as a dotted object identifier.
    package var unknownKeyKind: String?
    /// Extensions with the values that the request should ask for.
    package var extensions: [Certificate.Extension] = []
    /// Extensions and subject attributes that the device is to fill in, as dotted object identifiers.
    package var openExtensions: [String] = []
    package var openSubjectAttributes: [String] = []
    /// Attributes of the subject that the server sets.
    package var fixedSubjectAttributes: [RelativeDistinguishedName.Attribute] = []
    /// Every attribute of the subject that the server lists, in its order.
    var subjectOrder: [ASN1ObjectIdentifier] = []

    package init() {}

    /// - Throws: ``DeviceError``, `badAnswer`.
    package init(derEncoded bytes: [UInt8]) throws {
        do {
            let elements = try BER.parse(bytes).children()
            let attributes = elements.filter { $0.identifier == .sequence }.compactMap(Self.attribute)
            if let template = attributes.first(where: { $0.type == Known.template }) {
                guard let value = template.values.first else { throw ASN1Error.unexpected("an empty template") }
                try read(template: value)
                return
            }
            for element in elements {
                if element.identifier == .objectIdentifier {
                    read(identifier: try ASN1ObjectIdentifier(derEncoded: element))
                } else if let (type, values) = Self.attribute(element) {
                    read(attribute: type, values)
                }
            }
        } catch {
            throw DeviceError(.badAnswer, "The server's csrattrs answer can't be read.", cause: error)
        }
    }

    /// nil for what is no attribute.
    static func attribute(_ node: ASN1Node) -> (type: ASN1ObjectIdentifier, values: [ASN1Node])? {
        guard let parts = try? node.children(), parts.count == 2,
            let type = try? ASN1ObjectIdentifier(derEncoded: parts[0]), let values = try? parts[1].children()
        else { return nil }
        return (type, values)
    }

    // MARK: The list of RFC 7030

    private mutating func read(identifier: ASN1ObjectIdentifier) {
        switch identifier {
        case Known.challengePassword: needsChannelBinding = true
        case Known.subjectAltName: openExtensions.append(identifier.description)
        case Known.emailAddress: wantSubjectAttribute(identifier)
        case Known.rsaEncryption, Known.ed25519: want(Self.kind(identifier))
        // Some servers list the curve alone.
        case _ where Self.kind(ofCurve: identifier) != nil: want(Self.kind(ofCurve: identifier))
        default:
            if identifier.description.hasPrefix("2.5.4.") { wantSubjectAttribute(identifier) }
        }
    }

    private mutating func read(attribute type: ASN1ObjectIdentifier, _ values: [ASN1Node]) {
        switch type {
        case Known.challengePassword:
            needsChannelBinding = true
        case Known.ecPublicKey:
            guard let curve = values.first.flatMap({ try? ASN1ObjectIdentifier(derEncoded: $0) }) else { return }
            want(Self.kind(ofCurve: curve), else: curve)
        case Known.rsaEncryption:
            let bits = values.first.flatMap { try? Int(derEncoded: $0) }
            want(Self.kind(ofModulus: bits ?? 2048))
        case Known.ed25519:
            want(.ed25519)
        case Known.extensionRequest:
            read(extensionRequest: values)
        default:
            if type.description.hasPrefix("2.5.4.") { wantSubjectAttribute(type, value: values.first) }
        }
    }

    /// - Parameter value: where the server sets it; nil where the device is to.
    mutating func wantSubjectAttribute(_ type: ASN1ObjectIdentifier, value: ASN1Node? = nil) {
        subjectOrder.append(type)
        if let value {
            fixedSubjectAttributes.append(.init(type: type, value: ASN1Any(derEncoded: value)))
        } else {
            openSubjectAttributes.append(type.description)
        }
    }

    /// The first kind of key that is known counts.
    mutating func want(_ kind: DeviceKey.Kind?, else unknown: ASN1ObjectIdentifier? = nil) {
        keyKind = keyKind ?? kind
        if keyKind != nil {
            unknownKeyKind = nil
        } else if let unknown {
            unknownKeyKind = unknownKeyKind ?? unknown.description
        }
    }

    /// The attribute's value is an Extensions (RFC 2985 §5.4.2); servers that follow the example of RFC 7030 §4.5.2 by
    /// the letter send object identifiers instead.
    mutating func read(extensionRequest values: [ASN1Node]) {
        for value in values {
            if let identifier = try? ASN1ObjectIdentifier(derEncoded: value) {
                openExtensions.append(identifier.description)
                continue
            }
            for node in (try? value.children()) ?? [] {
                if let one = try? Certificate.Extension(derEncoded: node) { extensions.append(one) }
            }
        }
    }

    // MARK: Kinds of key

    static func kind(_ algorithm: ASN1ObjectIdentifier) -> DeviceKey.Kind? {
        switch algorithm {
        case Known.rsaEncryption: .rsa2048
        case Known.ed25519: .ed25519
        default: nil
        }
    }

    static func kind(ofCurve curve: ASN1ObjectIdentifier) -> DeviceKey.Kind? {
        switch curve {
        case Known.p256: .p256
        case Known.p384: .p384
        case Known.p521: .p521
        default: nil
        }
    }

    static func kind(ofModulus bits: Int) -> DeviceKey.Kind {
        switch bits {
        case ...2048: .rsa2048
        case ...3072: .rsa3072
        default: .rsa4096
        }
    }

    enum Known {
        static let challengePassword: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 7]
        static let emailAddress: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 1]
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
