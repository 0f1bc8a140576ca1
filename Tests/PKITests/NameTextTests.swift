internal import Foundation
internal import Testing

@testable internal import PKI

struct NameTextTests {
    private static let characters = ["a", "B", "Z", "z", "0", "-", ".", " ", "  ", "\\", "_", "\t"]

    private static func text(_ characters: [String], using generator: inout MutationTests.Generator) -> String {
        (0..<Int.random(in: 0...10, using: &generator)).map { _ in
            characters.randomElement(using: &generator) ?? "a"
        }.joined()
    }

    /// The short way for ASCII comes to what the rule says (RFC 5280 §7.1).
    @Test func textsAreComparedByTheirWordsInLowerCase() {
        var generator = MutationTests.Generator(state: 5_280)
        for _ in 0..<2_000 {
            let text = Self.text(Self.characters, using: &generator)
            let expected = text.lowercased().split(separator: " ").joined(separator: " ")
            #expect(NameText.comparable(text) == expected, "«\(text)»")
        }
        #expect(NameText.comparable(" \u{a0}Ä  \u{212a}\u{a0}x ") == "ä k x")
    }

    /// «K» is the Kelvin sign, whose lower case is ASCII.
    @Test func caseDoesNotMatter() {
        var generator = MutationTests.Generator(state: 7_030)
        let characters = Self.characters + ["Ä", "ä", "\u{212a}", "k"]
        for _ in 0..<2_000 {
            let left = Self.text(characters, using: &generator)
            let right = Bool.random(using: &generator) ? left.uppercased() : Self.text(characters, using: &generator)
            #expect(NameText.isSame(left, right) == (left.lowercased() == right.lowercased()), "«\(left)» «\(right)»")
        }
    }

    @Test(arguments: [
        ("a.example.com", "example.com", true), ("example.com", "example.com", true),
        ("example.com", "EXAMPLE.com", true),
        ("aexample.com", "example.com", false), ("example.com", "a.example.com", false),
        ("*.example.com", "example.com", true), ("*.a.example.com", "example.com", true),
        ("*.example.com", "a.example.com", false), ("anything", "*", true), ("m", "com", false),
    ])
    func suffixesEndOnLabels(name: String, suffix: String, isWithin: Bool) throws {
        #expect(try HostName(name).isWithin(suffix) == isWithin)
    }

    @Test(arguments: [
        ([0x61, 0x2e, 0x5c], "uri:a.\\x5c"), ([0x61, 0x20, 0xc3], "uri:a\\x20\\xc3"), ([0x75, 0x3a, 0x31], "uri:u:1"),
    ])
    func whatDoesNotShowIsEscaped(bytes: [UInt8], shown: String) throws {
        let name = try AlternativeName.list(([0x30, UInt8(2 + bytes.count), 0x86, UInt8(bytes.count)] + bytes)[...])
        #expect(name.map { CanonicalName($0).description } == [shown])
    }

    @Test func lengthsTakeTheFewestBytes() {
        for (count, header) in [
            (0, [0x30, 0]), (127, [0x30, 0x7f]), (128, [0x30, 0x81, 0x80]), (255, [0x30, 0x81, 0xff]),
            (256, [0x30, 0x82, 1, 0]), (65_535, [0x30, 0x82, 0xff, 0xff]), (65_536, [0x30, 0x83, 1, 0, 0]),
        ] as [(Int, [UInt8])] {
            #expect(DERWriter.header(DERWriter.sequence, count) == header)
        }
    }
}
