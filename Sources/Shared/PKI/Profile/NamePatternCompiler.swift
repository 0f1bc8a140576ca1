/// Turns the text of a pattern into the steps that ``NamePattern`` runs.
struct NamePatternCompiler {
    typealias Failure = NamePattern.Failure
    typealias Step = NamePattern.Step
    typealias CharacterSet = NamePattern.CharacterSet

    private static let maximumDepth = 32
    private static let maximumRepetition = 256

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    init(_ pattern: String) {
        scalars = Array(pattern.unicodeScalars)
    }

    mutating func compile() throws(Failure) -> [Step] {
        let steps = try alternatives()
        guard position == scalars.count else { throw failure("a «)» closes nothing") }
        return steps + [.accept]
    }

    private func failure(_ message: String) -> Failure {
        Failure(description: "\(message), at character \(position + 1)")
    }

    private var next: Unicode.Scalar? {
        position < scalars.count ? scalars[position] : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private mutating func alternatives() throws(Failure) -> [Step] {
        depth += 1
        defer { depth -= 1 }
        guard depth <= NamePatternCompiler.maximumDepth else { throw failure("too many groups within each other") }
        var steps = try sequence()
        while take("|") {
            let other = try sequence()
            // split; first; jump; second
            steps =
                [.split(1, steps.count + 2)] + shifted(steps, by: 1) + [.jump(steps.count + 2 + other.count)]
                + shifted(other, by: steps.count + 2)
            try check(steps)
        }
        return steps
    }

    private mutating func sequence() throws(Failure) -> [Step] {
        var steps: [Step] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            let item = try repeated(try item())
            steps += shifted(item, by: steps.count)
            try check(steps)
        }
        return steps
    }

    private mutating func item() throws(Failure) -> [Step] {
        guard let scalar = next else { throw failure("the pattern ends too early") }
        position += 1
        switch scalar {
        case "(":
            if take("?") {
                guard take(":") else { throw failure("of groups with «?» only (?:…) is supported") }
            }
            let steps = try alternatives()
            guard take(")") else { throw failure("a «(» is not closed") }
            return steps
        case "[": return [.match(try bracket())]
        case ".": return [.match(CharacterSet(ranges: [0x0a...0x0d], isNegated: true))]
        case "^": return [.start]
        case "$": return [.end]
        case "\\": return [.match(try escape())]
        case "*", "+", "?", "{": throw failure("there is nothing to repeat before «\(scalar)»")
        default: return [.match(single(scalar))]
        }
    }

    private mutating func repeated(_ item: [Step]) throws(Failure) -> [Step] {
        var item = item
        while let scalar = next {
            switch scalar {
            case "*": position += 1; item = repeated(item, 0, nil)
            case "+": position += 1; item = repeated(item, 1, nil)
            case "?": position += 1; item = repeated(item, 0, 1)
            case "{":
                position += 1
                let (least, most) = try bounds()
                guard item.count * max(1, most ?? least + 1) <= NamePattern.maximumSteps else {
                    throw failure("the pattern is too large")
                }
                item = repeated(item, least, most)
            default: return item
            }
            try check(item)
        }
        return item
    }

    private func repeated(_ item: [Step], _ least: Int, _ most: Int?) -> [Step] {
        var steps: [Step] = []
        for _ in 0..<least { steps += shifted(item, by: steps.count) }
        guard let most else {
            // split; item; jump back to the split
            let split = steps.count
            return steps + [.split(split + 1, split + item.count + 2)] + shifted(item, by: split + 1) + [.jump(split)]
        }
        for _ in least..<max(least, most) {
            let split = steps.count
            steps += [.split(split + 1, split + item.count + 1)] + shifted(item, by: split + 1)
        }
        return steps
    }

    private mutating func bounds() throws(Failure) -> (Int, Int?) {
        guard let least = try number() else { throw failure("a number is expected behind «{»") }
        if take("}") { return (least, least) }
        guard take(",") else { throw failure("a «{» is not closed") }
        let most = try number()
        guard take("}") else { throw failure("a «{» is not closed") }
        if let most, most < least { throw failure("the bounds in «{…}» are the wrong way round") }
        return (least, most)
    }

    private mutating func number() throws(Failure) -> Int? {
        var value: Int?
        while let scalar = next, ("0"..."9").contains(scalar) {
            position += 1
            let sum = 10 * (value ?? 0) + Int(scalar.value - 0x30)
            guard sum <= NamePatternCompiler.maximumRepetition else {
                throw failure("nothing is repeated more than \(NamePatternCompiler.maximumRepetition) times")
            }
            value = sum
        }
        return value
    }

    private mutating func bracket() throws(Failure) -> CharacterSet {
        var set = CharacterSet(ranges: [], isNegated: take("^"))
        var isFirst = true
        while isFirst || next != "]" {
            isFirst = false
            guard let scalar = next else { throw failure("a «[» is not closed") }
            position += 1
            if scalar == "[" { throw failure("a «[» within «[…]» needs a backslash") }
            guard let low = scalar == "\\" ? try escapeInBracket(&set) : scalar else { continue }
            if next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
                position += 1
                let end = scalars[position]
                position += 1
                var ignored = CharacterSet(ranges: [])
                guard let high = end == "\\" ? try escapeInBracket(&ignored) : end, low.value <= high.value else {
                    throw failure("a range within «[…]» has no end, or the wrong one")
                }
                set.ranges.append(low.value...high.value)
            } else {
                set.ranges.append(low.value...low.value)
            }
        }
        position += 1
        return set
    }

    /// One character, or nil where a whole class was added to the set.
    private mutating func escapeInBracket(_ set: inout CharacterSet) throws(Failure) -> Unicode.Scalar? {
        let escaped = try escape()
        if !escaped.isNegated, escaped.ranges.count == 1, let only = escaped.ranges.first, only.count == 1 {
            return Unicode.Scalar(only.lowerBound)
        }
        guard !escaped.isNegated else { throw failure("\\D, \\W and \\S are not supported within «[…]»") }
        set.ranges += escaped.ranges
        return nil
    }

    private mutating func escape() throws(Failure) -> CharacterSet {
        guard let scalar = next else { throw failure("a backslash stands at the end") }
        position += 1
        switch scalar {
        case "d", "D": return CharacterSet(ranges: [0x30...0x39], isNegated: scalar == "D")
        case "w", "W":
            return CharacterSet(
                ranges: [0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a], isNegated: scalar == "W")
        case "s", "S": return CharacterSet(ranges: [0x09...0x0d, 0x20...0x20], isNegated: scalar == "S")
        case "a"..."z", "A"..."Z", "0"..."9":
            throw failure("\\\(scalar) is not supported")
        default: return single(scalar)
        }
    }

    private func single(_ scalar: Unicode.Scalar) -> CharacterSet {
        CharacterSet(ranges: [scalar.value...scalar.value])
    }

    private func check(_ steps: [Step]) throws(Failure) {
        guard steps.count <= NamePattern.maximumSteps else { throw failure("the pattern is too large") }
    }

    private func shifted(_ steps: [Step], by offset: Int) -> [Step] {
        steps.map { step in
            switch step {
            case .split(let first, let second): .split(first + offset, second + offset)
            case .jump(let target): .jump(target + offset)
            case .match, .start, .end, .accept: step
            }
        }
    }
}
