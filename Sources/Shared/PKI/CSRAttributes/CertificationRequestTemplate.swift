internal import SwiftASN1

/// A certification request that is filled in as far as the server knows it (RFC 9908 §3.4).
///
///     CertificationRequestInfoTemplate ::= SEQUENCE {
///         version       INTEGER { v1(0) },
///         subject       NameTemplate OPTIONAL,
///         subjectPKInfo [0] SubjectPublicKeyInfoTemplate OPTIONAL,
///         attributes    [1] Attributes }
///
/// The tags are implicit.
struct CertificationRequestTemplate: Sendable, Equatable, DERSerializable {
    /// Empty where nothing is asked of the subject; then the field is absent.
    var subject: NameTemplate
    /// nil where any key will do.
    var key: KeyTemplate?
    var attributes: [CSRAttribute]

    func serialize(into coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(0)
            if !subject.relativeNames.isEmpty {
                try coder.serialize(subject)
            }
            if let key {
                try key.serialize(
                    into: &coder, withIdentifier: ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific))
            }
            let attributes = DERWriter.sorted(try attributes.map { try DERWriter.encode($0) })
            coder.appendConstructedNode(
                identifier: ASN1Identifier(tagWithNumber: 1, tagClass: .contextSpecific)
            ) { coder in
                for attribute in attributes {
                    coder.serializeRawBytes(attribute)
                }
            }
        }
    }
}

/// A distinguished name whose attributes may lack their values (RFC 9908 §3.4).
///
///     RDNSequenceTemplate ::= SEQUENCE OF RelativeDistinguishedNameTemplate
///     RelativeDistinguishedNameTemplate ::= SET SIZE (1..MAX) OF SingleAttributeTemplate
struct NameTemplate: Sendable, Equatable, DERSerializable {
    /// SingleAttributeTemplate ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY OPTIONAL }
    struct Attribute: Sendable, Equatable, DERSerializable {
        var type: ASN1ObjectIdentifier
        /// DER; nil for one that the client fills in.
        var value: [UInt8]?

        func serialize(into coder: inout DER.Serializer) throws {
            try coder.appendConstructedNode(identifier: .sequence) { coder in
                try coder.serialize(type)
                if let value {
                    coder.serializeRawBytes(value)
                }
            }
        }
    }

    /// One attribute a relative distinguished name: nothing here asks for more.
    var relativeNames: [Attribute]

    func serialize(into coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            for attribute in relativeNames {
                try coder.appendConstructedNode(identifier: .set) { try $0.serialize(attribute) }
            }
        }
    }
}
