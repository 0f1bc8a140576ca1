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
}
