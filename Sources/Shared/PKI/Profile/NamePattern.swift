/// A regular expression that a whole text must match, in time proportional to the text.
///
/// The texts are hostile and judged before anyone is authenticated, and the patterns are written in a hurry: with an
/// engine that backtracks, `([a-z]+-?)+` and sixty letters are minutes of CPU. This one runs all alternatives at once
/// (Thompson's construction), which is why it has neither look-around nor back-references.
///
/// It knows characters, `.`, `[a-z]`, `[^…]`, `\d \w \s` and their opposites, `(…)`, `(?:…)`, `|`, `*`, `+`, `?`,
/// `{n}`, `{n,}`, `{n,m}`, a backslash before any other sign, and `^` and `$`, which say nothing new.
package struct NamePattern: Sendable {
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// More steps than any sensible pattern compiles to.
    static let maximumSteps = 4_096
    static let maximumLength = 1_024

    enum Step: Sendable {
        case match(CharacterSet)
        case split(Int, Int)
        case jump(Int)
        case start
        case end
        case accept
    }

    struct CharacterSet: Sendable {
        var ranges: [ClosedRange<UInt32>]
        var isNegated = false

        func contains(_ scalar: Unicode.Scalar) -> Bool {
            ranges.contains { $0.contains(scalar.value) } != isNegated
        }
    }

    private let steps: [Step]

    /// - Throws: ``Failure``, with a sentence for whoever wrote the pattern.
    package init(_ pattern: String) throws(Failure) {
        guard pattern.unicodeScalars.count <= NamePattern.maximumLength else {
            throw Failure(description: "a pattern has at most \(NamePattern.maximumLength) characters")
        }
        var compiler = NamePatternCompiler(pattern)
        steps = try compiler.compile()
    }

    /// Whether the whole text matches.
    package func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var current = States(count: steps.count)
        var next = States(count: steps.count)
        add(0, to: &current, at: 0, of: scalars.count)
        for (index, scalar) in scalars.enumerated() {
            next.removeAll()
            for state in current.list {
                if case .match(let set) = steps[state], set.contains(scalar) {
                    add(state + 1, to: &next, at: index + 1, of: scalars.count)
                }
            }
            if next.list.isEmpty { return false }
            swap(&current, &next)
        }
        return current.list.contains { if case .accept = steps[$0] { true } else { false } }
    }

    /// The one text that the pattern matches; nil where it matches more, or nothing.
    package var onlyMatch: String? {
        var scalars = String.UnicodeScalarView()
        for step in steps {
            switch step {
            case .match(let set):
                guard !set.isNegated, set.ranges.count == 1, let range = set.ranges.first, range.count == 1,
                    let scalar = Unicode.Scalar(range.lowerBound)
                else { return nil }
                scalars.append(scalar)
            case .start, .end, .accept: continue
            case .split, .jump: return nil
            }
        }
        let text = String(scalars)
        return matches(text) ? text : nil
    }

    private struct States {
        var list: [Int] = []
        var isMember: [Bool]

        init(count: Int) { isMember = [Bool](repeating: false, count: count) }

        mutating func insert(_ state: Int) -> Bool {
            guard !isMember[state] else { return false }
            isMember[state] = true
            list.append(state)
            return true
        }

        mutating func removeAll() {
            for state in list { isMember[state] = false }
            list.removeAll(keepingCapacity: true)
        }
    }

    /// Adds a state and all that are reached from it without reading a character.
    private func add(_ state: Int, to states: inout States, at position: Int, of count: Int) {
        var open = [state]
        while let state = open.popLast() {
            guard states.insert(state) else { continue }
            switch steps[state] {
            case .jump(let target): open.append(target)
            case .split(let first, let second): open += [second, first]
            case .start: if position == 0 { open.append(state + 1) }
            case .end: if position == count { open.append(state + 1) }
            case .match, .accept: break
            }
        }
    }
}
