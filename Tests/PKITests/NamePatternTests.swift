internal import Foundation
internal import Testing

@testable internal import PKI

struct NamePatternTests {
    private static let patterns = [
        "a", "abc", "a|b", "a|ab", "ab|a", "(a|ab)(c|bcd)", "a*", "a+b?", "(ab)*", "[a-c]+", "[^a-c]+", "[]a]+",
        "[a-]+",
        "[a\\-c]+", "a{2}", "a{2,}", "a{1,3}b", "(a|b){2,3}", "\\d+", "\\w+\\s\\w+", "[\\d-]+", "a.c", "^abc$",
        "(?:a|b)*c",
        "a\\.b", "\\(a\\)", "", "(a*)*", "(a*)+b", "x{0}a", "(|a)b", "[0-9a-f]{4}(-[0-9a-f]{4}){2}", "\\D\\W\\S",
        "a||b",
    ]

    private static let texts = [
        "", "a", "b", "c", "ab", "abc", "abcd", "aab", "aaa", "aaaa", "abab", "ba", "a-c", "-", "]", "a]", "123", "1-2",
        "a b", "a.b", "(a)", "axc", "a\nc", "ac", "bbb", "aabbc", "0a1b-2c3d-ffff", "0a1b-2c3d", "x!y", "xy ", "xx",
        "ü",
    ]

    /// The same judgements as an engine that everyone knows.
    @Test(arguments: patterns)
    func agreesWithFoundation(pattern: String) throws {
        let known = try NSRegularExpression(pattern: "\\A(?:\(pattern == "[]a]+" ? "[\\]a]+" : pattern))\\z")
        let own = try NamePattern(pattern)
        for text in Self.texts {
            let range = NSRange(text.startIndex..., in: text)
            #expect(own.matches(text) == (known.firstMatch(in: text, range: range) != nil), "\(pattern) on \(text)")
        }
    }

    @Test(arguments: [
        "(", ")", "a)", "(a", "[a", "*", "a|*", "+a", "?", "{2}", "a{", "a{2", "a{2,1}", "a{999}", "a{x}", "\\", "\\b",
        "\\1",
        "(?=a)", "(?i)a", "[b-a]", "[a-\\d]", "[\\D]", "[[:alpha:]]", "((a{256}){256}){256}",
        String(repeating: "(", count: 100), String(repeating: "a", count: 2_000), "(a{200}){200}",
    ])
    func whatIsNotSupportedIsRefused(pattern: String) {
        #expect(throws: NamePattern.Failure.self) { try NamePattern(pattern) }
    }

    /// An engine that backtracks takes longer than the universe for these.
    @Test(arguments: ["(a+)+b", "(a|aa)+b", "([a-z]+-?)+!", "(a*)*(a*)*(a*)*b", "(.*a){12}b"])
    func hostileTextsTakeNoTime(pattern: String) throws {
        #expect(try !NamePattern(pattern).matches(String(repeating: "a", count: 4_000)))
    }

    /// The table and the steps that it was made of agree, on generated patterns and texts.
    @Test func tableAgreesWithSteps() throws {
        var generator = MutationTests.Generator(state: 2_026)
        var matches = 0
        for _ in 0..<2_000 {
            let text = Self.pattern(depth: 3, using: &generator)
            guard let pattern = try? NamePattern(text) else { continue }
            let automaton = try #require(pattern.automaton, "\(text)")
            for _ in 0..<20 {
                let length = Int.random(in: 0...8, using: &generator)
                let input = String((0..<length).map { _ in "abc-ü\n".randomElement(using: &generator) ?? "a" })
                let expected = pattern.matchesStepByStep(input)
                #expect(automaton.matches(input) == expected, "\(text) on \(input)")
                matches += expected ? 1 : 0
            }
        }
        // Else it would have compared nothing but refusals.
        #expect(matches > 1_000)
    }

    /// Of the last thirteen characters any may be an «a»: a table would need 8192 states, and more bits than there are.
    @Test func patternWithoutTableIsRunStepByStep() throws {
        let pattern = try NamePattern("(a|b)*a(a|b){12}")
        #expect(pattern.automaton == nil)
        #expect(pattern.matches("a" + String(repeating: "b", count: 12)))
        #expect(pattern.matches("bba" + String(repeating: "a", count: 12)))
        #expect(!pattern.matches("b" + String(repeating: "b", count: 12)))
    }

    private static func pattern(depth: Int, using generator: inout MutationTests.Generator) -> String {
        let atoms = ["a", "b", "c", "-", ".", "[ab]", "[^a]", "[a-c]", "\\w", "\\S", "ü", "[^ü]", "^", "$"]
        switch Int.random(in: 0..<(depth > 0 ? 9 : 3), using: &generator) {
        case 0..<3: return atoms.randomElement(using: &generator) ?? "a"
        case 3: return "(" + pattern(depth: depth - 1, using: &generator) + ")*"
        case 4: return "(" + pattern(depth: depth - 1, using: &generator) + ")?"
        case 5: return "(" + pattern(depth: depth - 1, using: &generator) + "){1,3}"
        case 6:
            return "(" + pattern(depth: depth - 1, using: &generator) + "|"
                + pattern(depth: depth - 1, using: &generator) + ")"
        default: return pattern(depth: depth - 1, using: &generator) + pattern(depth: depth - 1, using: &generator)
        }
    }
}
