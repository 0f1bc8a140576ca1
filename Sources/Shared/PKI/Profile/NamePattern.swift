/// A regular expression that a whole text must match, in time proportional to the text.
///
/// The texts are hostile and judged before anyone is authenticated, and the patterns are written in a hurry: with an
/// engine that backtracks, `([a-z]+-?)+` and sixty letters are minutes of CPU. This one runs all alternatives at once
/// (Thompson's construction), which is why it has neither look-around nor back-references. Where that is not too large,
/// a table made beforehand says what they come to (``NameAutomaton``).
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

    struct CharacterSet: Hashable, Sendable {
        var ranges: [ClosedRange<UInt32>]
        var isNegated = false

        /// - Parameter value: of a Unicode scalar.
        func contains(_ value: UInt32) -> Bool {
            ranges.contains { $0.contains(value) } != isNegated
        }
    }

    private let steps: [Step]
    let automaton: NameAutomaton?

    /// - Throws: ``Failure``, with a sentence for whoever wrote the pattern.
    package init(_ pattern: String) throws(Failure) {
        guard pattern.unicodeScalars.count <= NamePattern.maximumLength else {
            throw Failure(description: "a pattern has at most \(NamePattern.maximumLength) characters")
        }
        var compiler = NamePatternCompiler(pattern)
        steps = try compiler.compile()
        automaton = NameAutomaton(steps)
    }

    private static let remembered = Remembered<NamePattern?>()

    /// The pattern, made once for all that ask for it; nil for what is none.
    /// - Parameter pattern: from a configuration or catalogue, never from a client.
    static func known(_ pattern: String) -> NamePattern? {
        remembered.value(for: pattern) { try? NamePattern($0) }
    }

    /// Whether the whole text matches.
    package func matches(_ text: String) -> Bool {
        automaton?.matches(text) ?? matchesStepByStep(text)
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
}

// MARK: - Step by step

extension NamePattern {
    func matchesStepByStep(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var current = [0]
        for (index, scalar) in scalars.enumerated() {
            let reached = Self.reached(from: current, in: steps, isStart: index == 0, isEnd: false)
            current = reached.filter {
                if case .match(let set) = steps[$0] { set.contains(scalar.value) } else { false }
            }.map { $0 + 1 }
            if current.isEmpty { return false }
        }
        return Self.accepts(current, in: steps, isStart: scalars.isEmpty)
    }

    /// The steps of a set, and those reached from it without reading a character, that read one or end the text. In order.
    ///
    /// - Parameters:
    ///   - isStart: whether nothing has been read yet.
    ///   - isEnd: whether nothing is left to read.
    static func reached(from set: [Int], in steps: [Step], isStart: Bool, isEnd: Bool) -> [Int] {
        var isMember = [Bool](repeating: false, count: steps.count)
        var reached: [Int] = []
        var open = set
        while let step = open.popLast() {
            guard !isMember[step] else { continue }
            isMember[step] = true
            switch steps[step] {
            case .jump(let target): open.append(target)
            case .split(let first, let second):
                open.append(second)
                open.append(first)
            case .start: if isStart { open.append(step + 1) }
            case .end:
                reached.append(step)
                if isEnd { open.append(step + 1) }
            case .match, .accept: reached.append(step)
            }
        }
        return reached.sorted()
    }

    /// Whether a text that has led to these steps may end.
    static func accepts(_ set: [Int], in steps: [Step], isStart: Bool) -> Bool {
        reached(from: set, in: steps, isStart: isStart, isEnd: true).contains {
            if case .accept = steps[$0] { true } else { false }
        }
    }
}
