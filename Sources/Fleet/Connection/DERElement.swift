/// One element of DER, as positions in the bytes that it stands in: what a load generator can afford to look at.
///
/// Lengths of up to four bytes; every position is checked against the bytes that there are.
struct DERElement {
    let tag: UInt8
    /// Where tag and length begin.
    let start: Int
    let content: Range<Int>

    var end: Int { content.upperBound }
    var range: Range<Int> { start..<end }

    /// The element that begins at a position, within a limit; nil where none does.
    init?(_ bytes: [UInt8], at start: Int, limit: Int) {
        guard start >= 0, limit <= bytes.count, limit - start >= 2 else { return nil }
        let first = bytes[start + 1]
        var position = start + 2
        var length = Int(first)
        if first >= 0x80 {
            let count = Int(first & 0x7f)
            guard (1...4).contains(count), limit - position >= count else { return nil }
            length = 0
            for byte in bytes[position..<position + count] { length = length << 8 | Int(byte) }
            position += count
        }
        guard length <= limit - position else { return nil }
        tag = bytes[start]
        self.start = start
        content = position..<position + length
    }

    /// The first element within this one.
    func first(_ bytes: [UInt8]) -> DERElement? {
        DERElement(bytes, at: content.lowerBound, limit: content.upperBound)
    }

    /// The element behind this one, within the one around both.
    func next(_ bytes: [UInt8], in parent: DERElement) -> DERElement? {
        DERElement(bytes, at: end, limit: parent.end)
    }
}

/// What a fleet reads of certificates and requests on the clock.
enum DEROutline {
    /// The subject public key info of a certification request (RFC 2986 §4.1).
    static func publicKey(ofRequest bytes: [UInt8]) -> [UInt8]? {
        guard let request = DERElement(bytes, at: 0, limit: bytes.count),
            let information = request.first(bytes),
            let version = information.first(bytes),
            let subject = version.next(bytes, in: information),
            let key = subject.next(bytes, in: information)
        else { return nil }
        return Array(bytes[key.range])
    }

    /// The first certificate of a certs-only message (RFC 5272 §4.1) that has a public key.
    static func certificate(in message: [UInt8], publicKey: [UInt8]) -> [UInt8]? {
        guard let contentInfo = DERElement(message, at: 0, limit: message.count),
            let type = contentInfo.first(message),
            let explicit = type.next(message, in: contentInfo),
            let signedData = explicit.first(message)
        else { return nil }
        var part = signedData.first(message)
        while let current = part, current.tag != 0xa0 { part = current.next(message, in: signedData) }
        guard let certificates = part else { return nil }
        var certificate = certificates.first(message)
        while let current = certificate {
            if let key = self.publicKey(of: current, in: message),
                message[key.range].elementsEqual(publicKey)
            {
                return Array(message[current.range])
            }
            certificate = current.next(message, in: certificates)
        }
        return nil
    }

    /// RFC 5280 §4.1: the element after version, serial number, algorithm, issuer, validity and subject.
    private static func publicKey(of certificate: DERElement, in bytes: [UInt8]) -> DERElement? {
        guard let body = certificate.first(bytes), var field = body.first(bytes) else { return nil }
        let steps = field.tag == 0xa0 ? 6 : 5
        for _ in 0..<steps {
            guard let next = field.next(bytes, in: body) else { return nil }
            field = next
        }
        return field
    }
}
