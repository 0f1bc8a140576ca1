internal import SwiftASN1
package import X509

/// The parts of a CRL that tell whose it is, which one, and for how long (RFC 5280 §5.1), without its entries.
///
/// A CRL may have a million entries: they are stepped over, not parsed. DER, definite lengths in the fewest bytes, no
/// trailing bytes. Only what an authority of ours makes is accepted: v2, with a number and an end.
package struct RevocationListOutline: Sendable {
    package struct Unreadable: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    package let issuer: DistinguishedName
    /// In seconds since 1970.
    package let thisUpdate: Int64
    package let nextUpdate: Int64
    /// The cRLNumber (RFC 5280 §5.2.3).
    package let number: Int64
    private let signedBytes: ArraySlice<UInt8>
    private let signatureAlgorithm: SignatureAlgorithm
    private let signature: ArraySlice<UInt8>

    /// No part that is parsed is longer than this: name, times, algorithm, extensions.
    private static let maximumPartBytes = 65_536

    /// - Throws: ``Unreadable``
    package init(derEncoded bytes: [UInt8]) throws {
        var whole = ElementReader(bytes[...])
        let list = try whole.next(.sequence)
        guard whole.isAtEnd else { throw Unreadable(description: "The CRL has trailing bytes.") }
        var parts = ElementReader(list.contents)
        let contents = try parts.next(.sequence)
        let outerAlgorithm = try parts.next(.sequence)
        let bits = try parts.next(.bitString)
        guard parts.isAtEnd else { throw Unreadable(description: "The CRL has surplus parts.") }

        var fields = ElementReader(contents.contents)
        // v2, as it has extensions.
        guard try fields.next(.integer).contents.elementsEqual([1]) else {
            throw Unreadable(description: "The CRL's version is not v2.")
        }
        let innerAlgorithm = try fields.next(.sequence)
        guard innerAlgorithm.bytes == outerAlgorithm.bytes else {
            throw Unreadable(description: "The CRL names two different signature algorithms.")
        }
        let name = try fields.next(.sequence)
        let updates = [try fields.next(), try fields.next()]
        var next = try fields.next()
        if next.identifier == .sequence {
            next = try fields.next()  // The entries, which are not looked at.
        }
        guard fields.isAtEnd, next.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific) else {
            throw Unreadable(description: "The CRL has no extensions, or surplus fields.")
        }
        do {
            issuer = try DistinguishedName(derEncoded: DER.parse(Self.bounded(name.bytes)))
            let times = try updates.map { try CivilTime.secondsSince1970(DER.parse(Self.bounded($0.bytes))) }
            (thisUpdate, nextUpdate) = (times[0], times[1])
            number = try Self.number(extensions: try Self.bounded(next.contents))
            signatureAlgorithm = try Self.algorithm(try Self.bounded(outerAlgorithm.bytes))
            signature = try ASN1BitString(derEncoded: DER.parse(Self.bounded(bits.bytes))).bytes
        } catch let error as Unreadable {
            throw error
        } catch {
            throw Unreadable(description: "A part of the CRL cannot be read.")
        }
        signedBytes = contents.bytes
    }

    /// Whether the CRL is this certificate's: it names it as its issuer, and the key has signed it.
    package func isIssued(by authority: Certificate) -> Bool {
        issuer == authority.subject
            && authority.publicKey.isValidSignature(
                signature, for: signedBytes, signatureAlgorithm: signatureAlgorithm.certificateAlgorithm)
    }

    private static func bounded(_ bytes: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
        guard bytes.count <= maximumPartBytes else { throw Unreadable(description: "A part of the CRL is too long.") }
        return bytes
    }

    private static func algorithm(_ bytes: ArraySlice<UInt8>) throws -> SignatureAlgorithm {
        try DER.sequence(DER.parse(bytes), identifier: .sequence) { parts in
            let identifier = try ASN1ObjectIdentifier(derEncoded: &parts)
            while parts.next() != nil {}  // NULL, or nothing.
            guard let algorithm = ObjectIdentifiers.Signature.supported[identifier] else {
                throw Unreadable(description: "The CRL's signature algorithm is not supported.")
            }
            return algorithm
        }
    }

    private static func number(extensions bytes: ArraySlice<UInt8>) throws -> Int64 {
        let extensions = try Certificate.Extensions(
            DER.sequence(of: Certificate.Extension.self, identifier: .sequence, rootNode: DER.parse(bytes)))
        guard let found = extensions[oid: ObjectIdentifiers.Extension.revocationListNumber] else {
            throw Unreadable(description: "The CRL has no number.")
        }
        return try Int64(derEncoded: DER.parse(found.value))
    }
}

/// Steps through the elements of DER, one after the other on one level, without parsing what is in them.
private struct ElementReader {
    struct Element {
        var identifier: ASN1Identifier
        /// Tag, length and contents.
        var bytes: ArraySlice<UInt8>
        var contents: ArraySlice<UInt8>
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func next(_ expected: ASN1Identifier) throws -> Element {
        let element = try next()
        guard element.identifier == expected else {
            throw RevocationListOutline.Unreadable(description: "This is no CRL, or one of another form.")
        }
        return element
    }

    mutating func next() throws -> Element {
        let malformed = RevocationListOutline.Unreadable(description: "This is not DER, or it is cut off.")
        let start = rest
        // Tags with a number above 30 take more bytes; a CRL has none.
        guard let tag = rest.popFirst(), tag & 0x1f != 0x1f, let first = rest.popFirst() else { throw malformed }
        var length = Int(first)
        if first >= 0x80 {
            let count = Int(first & 0x7f)
            guard (1...4).contains(count), rest.count >= count else { throw malformed }
            length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            let isShortest = length >= 0x80 && length >> (8 * (count - 1)) != 0
            guard isShortest else { throw malformed }
            rest = rest.dropFirst(count)
        }
        guard rest.count >= length else { throw malformed }
        let contents = rest.prefix(length)
        rest = rest.dropFirst(length)
        return Element(
            identifier: Self.identifier(tag), bytes: start[start.startIndex..<contents.endIndex], contents: contents)
    }

    private static func identifier(_ tag: UInt8) -> ASN1Identifier {
        let tagClass: ASN1Identifier.TagClass =
            switch tag >> 6 {
            case 0: .universal
            case 1: .application
            case 2: .contextSpecific
            default: .private
            }
        return ASN1Identifier(tagWithNumber: UInt(tag & 0x1f), tagClass: tagClass)
    }
}
