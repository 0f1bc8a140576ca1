package import SwiftASN1

/// The body of a `csrattrs` answer: what a certification request should contain (RFC 7030 §4.5.2, RFC 9908 §3).
///
///     CsrAttrs ::= SEQUENCE SIZE (0..MAX) OF AttrOrOID
///     AttrOrOID ::= CHOICE { oid OBJECT IDENTIFIER, attribute Attribute }
package struct CSRAttributes: Sendable, Equatable {
    /// How the same thing is said.
    package enum Form: String, Codable, Sendable, CaseIterable {
        /// The list of attributes and object identifiers of RFC 7030.
        case legacy
        /// The template of RFC 9908 §3.4, as one more attribute of the list: older clients ignore it.
        case template
    }

    enum Element: Sendable, Equatable {
        /// The request should have this; its value is the client's.
        case identifier(ASN1ObjectIdentifier)
        case attribute(CSRAttribute)
    }

    var elements: [Element]

    init(_ elements: [Element]) {
        self.elements = elements
    }

    /// What requests for certificates of a profile should contain; empty where there is no form to say it in.
    ///
    /// - Parameter requiresChannelBinding: whether they need a challengePassword (RFC 7030 §3.5).
    package init(profile: Profile, requiresChannelBinding: Bool, forms: some Sequence<Form>) throws {
        let forms = Set(forms)
        let wanted = try WantedRequest(profile: profile, requiresChannelBinding: requiresChannelBinding)
        elements = forms.contains(.legacy) ? try wanted.legacyElements() : []
        if forms.contains(.template) {
            elements.append(
                .attribute(
                    try CSRAttribute(
                        ObjectIdentifiers.Attribute.certificationRequestInfoTemplate, value: wanted.template())))
        }
    }

    package var isEmpty: Bool { elements.isEmpty }

    /// The answer's bytes, DER.
    package func encoded() throws -> [UInt8] {
        try DERWriter.encode(self)
    }
}

extension CSRAttributes: DERSerializable {
    package func serialize(into coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            for element in elements {
                switch element {
                case .identifier(let identifier): try coder.serialize(identifier)
                case .attribute(let attribute): try coder.serialize(attribute)
                }
            }
        }
    }
}
