internal import SwiftASN1

/// An extension that a certification request should ask for (RFC 9908 §3.4).
///
///     ExtensionTemplate ::= SEQUENCE {
///         extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING OPTIONAL }
///
/// With its value it is an Extension of RFC 5280 §4.1, byte for byte.
struct ExtensionTemplate: Sendable, Equatable, DERSerializable {
    enum Value: Sendable, Equatable {
        /// The extension's value, DER.
        case fixed([UInt8])
        /// A value with places that the client fills in: an empty iPAddress or an empty directoryName.
        case partial([UInt8])
        /// The client's.
        case open
    }

    var identifier: ASN1ObjectIdentifier
    var isCritical = false
    var value: Value

    /// The value as a template has it.
    private var templateValue: [UInt8]? {
        switch value {
        case .fixed(let value), .partial(let value): value
        case .open: nil
        }
    }

    func serialize(into coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(identifier)
            if isCritical {
                try coder.serialize(true)
            }
            if let templateValue {
                try coder.serialize(ASN1OctetString(contentBytes: templateValue[...]))
            }
        }
    }

    /// The attribute of a template that asks for these extensions; nil for none.
    ///
    /// Only where a value is missing it may be id-aa-extensionReqTemplate: «otherwise id-ExtensionReq MUST be used».
    static func attribute(_ extensions: [ExtensionTemplate]) throws -> CSRAttribute? {
        guard !extensions.isEmpty else { return nil }
        let isComplete = extensions.allSatisfy { $0.templateValue != nil }
        var serializer = DER.Serializer()
        try serializer.serializeSequenceOf(extensions)
        return CSRAttribute(
            isComplete
                ? ObjectIdentifiers.Attribute.extensionRequest : ObjectIdentifiers.Attribute.extensionRequestTemplate,
            values: [serializer.serializedBytes])
    }
}
