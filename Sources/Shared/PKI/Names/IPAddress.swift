/// An IPv4 or IPv6 address.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// Four or sixteen.
    package let bytes: [UInt8]

    /// The address in an iPAddress; nil where there are neither four nor sixteen bytes.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = Array(bytes)
    }

    /// The address that the text stands for: `10.0.0.1`, `2001:db8::1`, `::ffff:10.0.0.1`. Nothing else, no zone.
    package init?(_ text: String) {
        guard text.utf8.count <= 45 else { return nil }
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let bytes = IPAddress.version6(text) else { return nil }
            self.bytes = bytes
        } else {
            guard let bytes = IPAddress.version4(text[...]) else { return nil }
            self.bytes = bytes
        }
    }

    /// The IPv4 address that an IPv4-mapped IPv6 address stands for; any other is itself.
    package var unmapped: IPAddress {
        guard bytes.count == 16, bytes.prefix(12).elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) else {
            return self
        }
        return IPAddress(bytes: bytes.suffix(4)) ?? self
    }

    /// As RFC 5952 writes it.
    package var description: String {
        guard bytes.count == 16 else { return bytes.map(String.init).joined(separator: ".") }
        let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
        let zeros = IPAddress.longestZeros(groups)
        func text(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard zeros.count > 1 else { return text(0..<8) }
        return text(0..<zeros.lowerBound) + "::" + text(zeros.upperBound..<8)
    }

    private static func longestZeros(_ groups: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > longest.count { longest = start..<index }
            start = index + 1
        }
        return longest
    }

    private static func version4(_ text: Substring) -> [UInt8]? {
        // Most texts that are asked about are names: they are told apart before anything is made of them.
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            // A leading zero means octal to some readers.
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), part.count == 1 || part.first != "0",
                let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func version6(_ text: String) -> [UInt8]? {
        func bytes(_ text: Substring) -> [UInt8]? {
            guard !text.isEmpty else { return [] }
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            var bytes: [UInt8] = []
            for (index, part) in parts.enumerated() {
                if index == parts.count - 1, part.contains(".") {
                    guard let last = version4(part) else { return nil }
                    bytes += last
                } else {
                    guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ $0 != 0x2b && $0 != 0x2d }),
                        let group = UInt16(part, radix: 16)
                    else { return nil }
                    bytes += [UInt8(group >> 8), UInt8(group & 0xff)]
                }
            }
            return bytes
        }
        var halves: [Substring] = []
        if let gap = text.range(of: "::") {
            halves = [text[..<gap.lowerBound], text[gap.upperBound...]]
        } else {
            halves = [text[...]]
        }
        guard let first = bytes(halves[0]) else { return nil }
        guard halves.count == 2 else { return first.count == 16 ? first : nil }
        guard !halves[0].contains("."), let last = bytes(halves[1]), first.count + last.count <= 14 else { return nil }
        return first + [UInt8](repeating: 0, count: 16 - first.count - last.count) + last
    }
}

extension String {
    /// Where the text first occurs. Foundation has the same; this module reads addresses without it.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text), let end = index(start, offsetBy: text.count, limitedBy: endIndex) {
                return start..<end
            }
            start = index(after: start)
        }
        return nil
    }
}

/// A network in CIDR notation, such as `10.0.0.0/8` or `2001:db8::/32`.
package struct IPNetwork: Hashable, Sendable {
    package let address: IPAddress
    package let prefixLength: Int

    /// The network that the text stands for; nil where it is none, or has bits set behind its prefix.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])),
            (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let length = Int(parts[1]), length <= 8 * address.bytes.count
        else { return nil }
        self.address = address
        self.prefixLength = length
        let hostBits = (length..<8 * address.bytes.count).contains { IPNetwork.bit($0, of: address.bytes) }
        if hostBits { return nil }
    }

    private static let remembered = Remembered<IPNetwork?>()

    /// As ``init(_:)``, once for all that ask.
    /// - Parameter text: from a configuration or catalogue, never from a client.
    static func known(_ text: String) -> IPNetwork? {
        remembered.value(for: text) { IPNetwork($0) }
    }

    package func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        return (0..<prefixLength).allSatisfy {
            IPNetwork.bit($0, of: other.bytes) == IPNetwork.bit($0, of: address.bytes)
        }
    }

    private static func bit(_ index: Int, of bytes: [UInt8]) -> Bool {
        let shift = UInt8(7 - index % 8)
        return (bytes[index / 8] >> shift) & 1 == 1
    }
}
