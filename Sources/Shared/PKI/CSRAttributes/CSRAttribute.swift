internal import SwiftASN1

/// An attribute of a certification request, or of what is said about one (RFC 2986 §4.1).
///
///     Attribute ::= SEQUENCE { type OBJECT IDENTIFIER, values SET OF ANY }
///
/// RFC 2986 wants at least one value. Where a server only says which attribute it wants, there is none (RFC 9908 §3.2).
struct CSRAttribute: Sendable, Equatable, DERSerializable {
    var type: ASN1ObjectIdentifier
    /// DER, each.
    var values: [[UInt8]]

    init(_ type: ASN1ObjectIdentifier, values: [[UInt8]] = []) {
        self.type = type
        self.values = values
    }

    init(_ type: ASN1ObjectIdentifier, value: some DERSerializable) throws {
        self.init(type, values: [try DERWriter.encode(value)])
    }

    func serialize(into coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(type)
            coder.appendConstructedNode(identifier: .set) { coder in
                for value in DERWriter.sorted(values) {
                    coder.serializeRawBytes(value)
                }
            }
        }
    }
}

extension DERWriter {
    /// The DER of a value that knows its own.
    static func encode(_ value: some DERSerializable) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(value)
        return serializer.serializedBytes
    }
}
