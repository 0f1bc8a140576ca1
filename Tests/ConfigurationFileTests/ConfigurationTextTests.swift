internal import Foundation
internal import Testing

@testable internal import ConfigurationFile

private func failure(_ bytes: [UInt8]) -> String {
    do {
        _ = try ConfigurationReader(file: "c.yaml", contents: bytes)
        return "no error"
    } catch {
        return "\(error)"
    }
}

private func failure(_ text: String) -> String { failure(Array(text.utf8)) }

struct ConfigurationTextTests {
    @Test(arguments: [
        ("", "c.yaml: the file is empty"),
        ("# nothing\n", "c.yaml: the file is empty"),
        ("just words", "c.yaml:1: keys with values are expected here, not a single value"),
        ("- a\n- b", "c.yaml:1: keys with values are expected here, not a list"),
        ("a: 1\nb: 2\na: 3\n", "c.yaml:1: there twice in one mapping: «a»"),
        ("a: 1\n'a': 3\n", "c.yaml:1: there twice in one mapping: «a»"),
        ("a: 1\n---\nb: 2\n", "c.yaml:2: a second document (---) is not allowed"),
        ("? [x, y]\n: 1\n", "c.yaml:1: a key must be a word"),
        ("a: \u{1}", "c.yaml:1: a control character is not allowed here"),
        ("a: 1\nb: \u{0}", "c.yaml:2: a control character is not allowed here"),
    ])
    func whatIsNoMappingIsRefused(text: String, message: String) {
        #expect(failure(text) == message)
    }

    @Test func brokenYAMLNamesTheLine() {
        #expect(failure("a: 1\nb: [1, 2\n").hasPrefix("c.yaml:3: this is not YAML: "))
        #expect(failure("a: 1\n\tb: 2\n").hasPrefix("c.yaml:2: this is not YAML: "))
    }

    @Test func textThatIsNotUTF8IsRefused() {
        #expect(failure(Array("a: 1\nb: ".utf8) + [0xff, 0xfe]) == "c.yaml:2: the file is not UTF-8")
    }

    @Test(arguments: [
        "a: &x 1\nb: 2", "a: 1\nb: &x\n  c: 1", "- &x a", "a: [&x 1]", "a: ['b', &x 1]", "a: [b - ', &x 1, c - ']",
        "a: {b: 1, &x c: 1}", "&x a: 1",
        "a: !!str &x b", "a:\n  &x b: 1",
    ])
    func anchorsAreRefused(text: String) {
        #expect(failure(text).contains("anchors (&…) and aliases (*…) are not allowed; a text that begins with &"))
    }

    @Test func aliasesAreRefused() {
        #expect(failure("a: *x").contains("c.yaml:1: anchors (&…) and aliases (*…) are not allowed"))
    }

    @Test func ampersandsInTextsAndCommentsAreFine() throws {
        let root = try ConfigurationReader(
            file: "c.yaml",
            contents: Array("# see &x\na: b &c\nd: \"&e\"\nf: '*.example.com'\ng: ['x[&y{&', \"{&\\\"[&\"]\n".utf8))
        #expect(try root.string("a") == "b &c")
        #expect(try root.string("d") == "&e")
        #expect(try root.string("f") == "*.example.com")
        #expect(try root.strings("g") == ["x[&y{&", "{&\"[&"])
    }

    /// Ten levels of nine aliases: 3.5 billion nodes, should anyone follow them.
    @Test func aBombOfAliasesIsRefusedBeforeItIsFollowed() {
        var text = "k0: &k0 [x, x]\n"
        for level in 1...10 {
            text += "k\(level): &k\(level) [\(Array(repeating: "*k\(level - 1)", count: 9).joined(separator: ", "))]\n"
        }
        text += "? *k10\n: 1\n"
        #expect(failure(text).contains("c.yaml:1: anchors"))
    }

    @Test func deepNestingIsRefused() {
        let text = "a: " + String(repeating: "[", count: 100_000)
        #expect(failure(text).hasPrefix("c.yaml:1: this is not YAML"))
    }

    @Test func aLargeFileIsRefused() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("estuary-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data(repeating: UInt8(ascii: "#"), count: ConfigurationReader.maximumBytes + 1).write(to: path)
        #expect(throws: ConfigurationError.self) { try ConfigurationReader.load(path: path.path) }
        try Data("a: 1\n".utf8).write(to: path)
        #expect(try ConfigurationReader.load(path: path.path).integer("a", in: 0...9) == 1)
    }

    @Test(arguments: ["/nonexistent/c.yaml", "/tmp", "/dev/zero"])
    func whatIsNoFileIsRefused(path: String) {
        #expect(throws: ConfigurationError.self) { try ConfigurationReader.load(path: path) }
    }

    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("15s", .seconds(15)), ("5m", .seconds(300)),
        ("12h", .seconds(43_200)), ("7d", .seconds(604_800)),
    ])
    func durationsAreReadAndShown(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
        #expect(DurationText.format(duration) == text)
    }
}
