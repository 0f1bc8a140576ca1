internal import SwiftASN1

/// The extensions that a certification request asks for, read as far as a profile judges them.
struct RequestedExtensions: Sendable {
    struct Extension: Sendable {
        let identifier: ASN1ObjectIdentifier
        let isCritical: Bool
        let value: ArraySlice<UInt8>
    }

    struct BasicConstraints: Sendable {
        let isAuthority: Bool
        let hasPathLength: Bool
    }

    /// privateKeyUsagePeriod (2.5.29.16), in seconds since 1970.
    struct Period: Sendable {
        let notBefore: Int64?
        let notAfter: Int64?
    }

    let all: [Extension]
    let alternativeNames: [AlternativeName]?
    /// The bits of keyUsage that are set, 0 for digitalSignature.
    let keyUsageBits: [Int]?
    let extendedKeyUsages: [ASN1ObjectIdentifier]?
    let extendedKeyUsageIsCritical: Bool
    let basicConstraints: BasicConstraints?
    let hasSubjectKeyIdentifier: Bool
    let period: Period?

    /// - Parameter values: the values of the extensionRequest attribute (RFC 2985 §5.4.2).
    /// - Throws: ``CertificationRequestError``, malformed.
    init(attributeValues values: [ASN1Node]?) throws {
        guard let values else {
            try self.init([])
            return
        }
        guard let value = values.first, values.count == 1, value.identifier == .sequence,
            case .constructed(let nodes) = value.content
        else { throw RequestOutline.malformed("The extensionRequest attribute cannot be read.") }
        let extensions = try nodes.map(RequestedExtensions.parse)
        guard !extensions.isEmpty else {
            throw RequestOutline.malformed("The extensionRequest attribute has no extension in it.")
        }
        try self.init(extensions)
    }

    private init(_ extensions: [Extension]) throws {
        var byIdentifier: [ASN1ObjectIdentifier: Extension] = [:]
        for one in extensions where byIdentifier.updateValue(one, forKey: one.identifier) != nil {
            let name = DisplayText.escape(one.identifier.description)
            throw RequestOutline.malformed("The extension \(name) is requested twice.")
        }
        typealias Known = ObjectIdentifiers.Extension
        all = extensions
        alternativeNames = try byIdentifier[Known.subjectAlternativeName].map { try AlternativeName.list($0.value) }
        keyUsageBits = try byIdentifier[Known.keyUsage].map { try RequestedExtensions.keyUsage($0.value) }
        extendedKeyUsages = try byIdentifier[Known.extendedKeyUsage].map { try RequestedExtensions.usages($0.value) }
        extendedKeyUsageIsCritical = byIdentifier[Known.extendedKeyUsage]?.isCritical ?? false
        basicConstraints = try byIdentifier[Known.basicConstraints].map {
            try RequestedExtensions.constraints($0.value)
        }
        hasSubjectKeyIdentifier = byIdentifier[Known.subjectKeyIdentifier] != nil
        period = try byIdentifier[Known.privateKeyUsagePeriod].map { try RequestedExtensions.period($0.value) }
    }

    /// The requested extensions as one sequence of bytes that is the same for two requests that ask for the same:
    /// sorted by identifier, the names of a subjectAltName and the usages of an extendedKeyUsage as sets.
    var canonical: [UInt8] {
        let encoded = all.map { one -> [UInt8] in
            var value = Array(one.value)
            if one.identifier == ObjectIdentifiers.Extension.subjectAlternativeName, let alternativeNames {
                value = RequestedExtensions.canonicalSet(alternativeNames.map(\.encoded))
            } else if one.identifier == ObjectIdentifiers.Extension.extendedKeyUsage, let extendedKeyUsages {
                value = RequestedExtensions.canonicalSet(extendedKeyUsages.map { Array($0.description.utf8) })
            }
            return DERWriter.element(
                DERWriter.sequence,
                [
                    DERWriter.element(DERWriter.octetString, Array(one.identifier.description.utf8)),
                    DERWriter.element(DERWriter.boolean, [one.isCritical ? 0xff : 0]),
                    DERWriter.element(DERWriter.octetString, value),
                ])
        }
        return DERWriter.element(DERWriter.sequence, DERWriter.sorted(encoded))
    }

    private static func canonicalSet(_ parts: [[UInt8]]) -> [UInt8] {
        DERWriter.element(
            DERWriter.set,
            DERWriter.sorted(Array(Set(parts))).map { DERWriter.element(DERWriter.octetString, $0) })
    }

    private static func parse(_ node: ASN1Node) throws -> Extension {
        let malformed = RequestOutline.malformed("A requested extension cannot be read.")
        guard var parts = try? RequestOutline.children(of: node, ""),
            let identifier = try? ASN1ObjectIdentifier(derEncoded: &parts), var next = parts.next()
        else { throw malformed }
        var isCritical = false
        // FALSE is the default, which DER leaves out; it is harmless where a client writes it.
        if next.identifier == .boolean {
            guard let critical = try? Bool(derEncoded: next), let value = parts.next() else { throw malformed }
            isCritical = critical
            next = value
        }
        guard let value = try? ASN1OctetString(derEncoded: next), parts.next() == nil else { throw malformed }
        return Extension(identifier: identifier, isCritical: isCritical, value: value.bytes)
    }

    private static func keyUsage(_ value: ArraySlice<UInt8>) throws -> [Int] {
        guard let node = try? DER.parse(value), let bits = try? ASN1BitString(derEncoded: node) else {
            throw RequestOutline.malformed("The keyUsage cannot be read.")
        }
        return bits.bytes.prefix(8).enumerated().flatMap { index, byte in
            (0..<8).filter { byte >> (7 - $0) & 1 == 1 }.map { 8 * index + $0 }
        }
    }

    private static func usages(_ value: ArraySlice<UInt8>) throws -> [ASN1ObjectIdentifier] {
        let malformed = RequestOutline.malformed("The extendedKeyUsage cannot be read.")
        guard let node = try? DER.parse(value),
            let usages = try? DER.sequence(of: ASN1ObjectIdentifier.self, identifier: .sequence, rootNode: node),
            !usages.isEmpty
        else { throw malformed }
        var seen: Set<ASN1ObjectIdentifier> = []
        return usages.filter { seen.insert($0).inserted }
    }

    private static func constraints(_ value: ArraySlice<UInt8>) throws -> BasicConstraints {
        let malformed = RequestOutline.malformed("The basicConstraints cannot be read.")
        guard let node = try? DER.parse(value), var parts = try? RequestOutline.children(of: node, "") else {
            throw malformed
        }
        var isAuthority = false
        var next = parts.next()
        if let first = next, first.identifier == .boolean {
            guard let flag = try? Bool(derEncoded: first) else { throw malformed }
            isAuthority = flag
            next = parts.next()
        }
        guard next == nil || next?.identifier == .integer, parts.next() == nil else { throw malformed }
        return BasicConstraints(isAuthority: isAuthority, hasPathLength: next != nil)
    }

    private static func period(_ value: ArraySlice<UInt8>) throws -> Period {
        let malformed = RequestOutline.malformed("The privateKeyUsagePeriod cannot be read.")
        guard let node = try? DER.parse(value), let parts = try? RequestOutline.children(of: node, "") else {
            throw malformed
        }
        var times: [UInt: Int64] = [:]
        for part in IteratorSequence(parts) {
            let number = part.identifier.tagNumber
            guard part.identifier.tagClass == .contextSpecific, number < 2, times[number] == nil,
                times.isEmpty || number == 1,
                let time = try? GeneralizedTime(derEncoded: part, withIdentifier: part.identifier),
                // DER has fractions of a second, RFC 5280 §4.1.2.5.2 has none.
                time.fractionalSeconds == 0
            else { throw malformed }
            times[number] = time.secondsSince1970
        }
        return Period(notBefore: times[0], notAfter: times[1])
    }
}
