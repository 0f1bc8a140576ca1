/// The encoding inside A-labels (RFC 3492), as far as judging one takes.
enum Punycode {
    private static let base = 36
    private static let thresholds = 1...26

    /// Whether the text behind `xn--`, lower case, is what an internationalized label encodes to: characters that a
    /// name may have (RFC 5892, by general category), not all of them ASCII, and encoded in the one right way.
    static func isLabel(_ text: [UInt8]) -> Bool {
        guard let scalars = decode(text), encode(scalars) == text,
            scalars.contains(where: { $0.value >= 0x80 })
        else { return false }
        return scalars.allSatisfy(isAllowed)
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber: true
        default: scalar == "-" || scalar.value == 0xb7 || scalar.value == 0x30fb
        }
    }

    static func decode(_ text: [UInt8]) -> [Unicode.Scalar]? {
        var output: [Unicode.Scalar] = []
        var rest = text[...]
        if let delimiter = text.lastIndex(of: UInt8(ascii: "-")) {
            output = text[..<delimiter].map { Unicode.Scalar($0) }
            rest = text[(delimiter + 1)...]
        }
        var value = 128
        var index = 0
        var bias = 72
        // A label has at most 63 bytes, so no number here nears Int's bounds before the check against 0x10ffff.
        while !rest.isEmpty {
            let before = index
            var weight = 1
            for k in stride(from: base, through: .max - base, by: base) {
                guard let digit = rest.popFirst().flatMap(digit(of:)) else { return nil }
                index += digit * weight
                let threshold = threshold(k, bias)
                if digit < threshold { break }
                weight *= base - threshold
                guard index < 1 << 40, weight < 1 << 40 else { return nil }
            }
            let count = output.count + 1
            bias = adapt(index - before, count, first: before == 0)
            value += index / count
            index %= count
            guard value <= 0x10ffff, let scalar = Unicode.Scalar(UInt32(value)) else { return nil }
            output.insert(scalar, at: index)
            index += 1
        }
        return output
    }

    static func encode(_ scalars: [Unicode.Scalar]) -> [UInt8] {
        var output = scalars.filter(\.isASCII).map { UInt8(truncatingIfNeeded: $0.value) }
        var handled = output.count
        let basic = handled
        if basic > 0 { output.append(UInt8(ascii: "-")) }
        var value = 128
        var delta = 0
        var bias = 72
        while handled < scalars.count {
            guard let next = scalars.lazy.map({ Int($0.value) }).filter({ $0 >= value }).min() else { break }
            delta += (next - value) * (handled + 1)
            value = next
            for scalar in scalars {
                if Int(scalar.value) < value { delta += 1 }
                guard Int(scalar.value) == value else { continue }
                var q = delta
                for k in stride(from: base, through: .max - base, by: base) {
                    let threshold = threshold(k, bias)
                    if q < threshold { break }
                    output.append(character(of: threshold + (q - threshold) % (base - threshold)))
                    q = (q - threshold) / (base - threshold)
                }
                output.append(character(of: q))
                bias = adapt(delta, handled + 1, first: handled == basic)
                delta = 0
                handled += 1
            }
            delta += 1
            value += 1
        }
        return output
    }

    private static func threshold(_ k: Int, _ bias: Int) -> Int {
        min(max(k - bias, thresholds.lowerBound), thresholds.upperBound)
    }

    private static func adapt(_ delta: Int, _ count: Int, first: Bool) -> Int {
        var delta = first ? delta / 700 : delta / 2
        delta += delta / count
        var k = 0
        while delta > (base - 1) * 26 / 2 {
            delta /= base - 1
            k += base
        }
        return k + base * delta / (delta + 38)
    }

    private static func digit(of character: UInt8) -> Int? {
        switch character {
        case 0x61...0x7a: Int(character) - 0x61
        case 0x30...0x39: Int(character) - 0x30 + 26
        default: nil
        }
    }

    private static func character(of digit: Int) -> UInt8 {
        digit < 26 ? UInt8(truncatingIfNeeded: 0x61 + digit) : UInt8(truncatingIfNeeded: 0x30 + digit - 26)
    }
}
