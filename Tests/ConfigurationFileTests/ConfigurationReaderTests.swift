internal import Foundation
internal import Testing

@testable internal import ConfigurationFile

private enum Colour: String, CaseIterable {
    case red
    case dark = "dark-blue"
}

private func reader(_ text: String) throws -> ConfigurationReader {
    try ConfigurationReader(file: "dir/policy.yaml", contents: Array(text.utf8))
}

/// The description of the error that `body` throws.
private func failure<T>(_ body: () throws -> T) -> String {
    do {
        _ = try body()
        return "no error"
    } catch let error as ConfigurationError {
        return error.description
    } catch {
        return "another error: \(error)"
    }
}

struct ConfigurationReaderTests {
    @Test func everyKindOfValueIsRead() throws {
        let root = try reader(
            """
            # a comment with an & and a *
            name: estuary
            quoted: "it's: #1"
            port: 8443
            negative: -4
            on: true
            wait: 15s
            list: [a, "b c"]
            colour: dark-blue
            colours:
              - red
            file: keys/tls.key
            absolute: /etc/x
            inner:
              depth: 2
            rows:
              - id: 1
              - id: 2
            """)
        #expect(try root.string("name") == "estuary")
        #expect(try root.string("quoted") == "it's: #1")
        #expect(try root.integer("port", in: 1...65535) == 8443)
        #expect(try root.integer("negative", in: -10...0) == -4)
        #expect(try root.boolean("on"))
        #expect(try root.duration("wait", in: .seconds(1)...(.seconds(60))) == .seconds(15))
        #expect(try root.strings("list") == ["a", "b c"])
        #expect(try root.choice("colour") == Colour.dark)
        #expect(try root.choices("colours") == [Colour.red])
        #expect(try root.path("file").hasSuffix("/dir/keys/tls.key"))
        #expect(try root.path("absolute") == "/etc/x")
        #expect(try root.mapping("inner")?.integer("depth", in: 0...9) == 2)
        #expect(try root.mappings("rows").map { try $0.integer("id", in: 0...9) } == [1, 2])
        try root.finish()
    }

    @Test func missingKeysTakeTheDefaultOrAreNamed() throws {
        let root = try reader("other: 1")
        #expect(try root.string("a", default: "b") == "b")
        #expect(try root.optionalString("a") == nil)
        #expect(try root.integer("a", default: 3, in: 0...9) == 3)
        #expect(try root.boolean("a", default: false) == false)
        #expect(try root.strings("a", default: []) == [])
        #expect(try root.choice("a", default: Colour.red) == .red)
        #expect(try root.mapping("a") == nil)
        #expect(try root.mappings("a").isEmpty)
        #expect(failure { try root.string("name") } == "dir/policy.yaml:1: name: this key is missing")
    }

    @Test func anUnknownKeyIsRefusedWithItsLineAndTheAllowedOnes() throws {
        let root = try reader("name: a\n\nlisten:\n  prot: 1\n  host: h\n")
        _ = try root.string("name")
        let listen = try #require(try root.mapping("listen"))
        _ = try listen.optionalString("port")
        _ = try listen.optionalString("host")
        #expect(
            failure { try root.finish() }
                == "dir/policy.yaml:4: listen: unknown key «prot»; did you mean «port»?; allowed are: port, host")
    }

    @Test(arguments: [
        ("a: [1]", "1: a: a text is expected here, not a list"),
        ("a: {b: 1}", "1: a: a text is expected here, not keys with values"),
        ("a:", "1: a: a value is missing here"),
        ("a: ~", "1: a: a value is missing here"),
        ("a: ''", "1: a: an empty text is not allowed here"),
    ])
    func aTextIsAText(text: String, message: String) throws {
        let root = try reader(text)
        #expect(failure { try root.string("a") } == "dir/policy.yaml:" + message)
    }

    @Test(arguments: [
        ("a: x", "a whole number from 1 to 9 is expected here, not «x»"),
        ("a: '5'", "a whole number from 1 to 9 is expected here, not the quoted text \"5\""),
        ("a: 5.0", "a whole number from 1 to 9 is expected here, not «5.0»"),
        ("a: 0x5", "a whole number from 1 to 9 is expected here, not «0x5»"),
        ("a: 0", "«0» is out of bounds; allowed is a whole number from 1 to 9"),
        ("a: 99999999999999999999", "«99999999999999999999» is out of bounds; allowed is a whole number from 1 to 9"),
        ("a: [5]", "a whole number from 1 to 9 is expected here, not a list"),
    ])
    func aNumberIsANumberWithinItsBounds(text: String, message: String) throws {
        let root = try reader(text)
        #expect(failure { try root.integer("a", in: 1...9) } == "dir/policy.yaml:1: a: " + message)
    }

    @Test(arguments: [
        ("a: 5", "a duration such as 500ms, 15s, 5m, 12h or 7d is expected here, not «5»"),
        ("a: s", "a duration such as 500ms, 15s, 5m, 12h or 7d is expected here, not «s»"),
        ("a: -5s", "a duration such as 500ms, 15s, 5m, 12h or 7d is expected here, not «-5s»"),
        (
            "a: 9223372036854775807d",
            "a duration such as 500ms, 15s, 5m, 12h or 7d is expected here, not «9223372036854775807d»"
        ),
        ("a: 2h", "«2h» is out of bounds; allowed is a duration from 1s to 1h"),
        ("a: 0s", "«0s» is out of bounds; allowed is a duration from 1s to 1h"),
    ])
    func aDurationIsADurationWithinItsBounds(text: String, message: String) throws {
        let root = try reader(text)
        #expect(
            failure { try root.duration("a", in: .seconds(1)...(.seconds(3600))) }
                == "dir/policy.yaml:1: a: " + message)
    }

    @Test func wordsThatLookLikeBooleansAreRefused() throws {
        let root = try reader("a: yes\nb: 'true'")
        #expect(failure { try root.boolean("a") }.hasSuffix("true or false is expected here, not «yes»"))
        #expect(failure { try root.boolean("b") }.hasSuffix("not the quoted text \"true\""))
    }

    @Test func listsNameTheElement() throws {
        let root = try reader("a:\n  - x\n  - [y]\nb: x\nc: [p, p]\nd:\n  - 7\n")
        #expect(failure { try root.strings("a") } == "dir/policy.yaml:3: a[1]: a text is expected here, not a list")
        #expect(failure { try root.strings("b") }.contains("a list is expected here"))
        #expect(failure { try root.strings("c") }.hasSuffix("c[1]: «p» is there twice"))
        #expect(
            failure { try root.mappings("d") }
                == "dir/policy.yaml:7: d[0]: keys with values are expected here, not a single value")
    }

    @Test func aChoiceNamesTheValuesAndTheNearestOne() throws {
        let root = try reader("a: dark-blu\nb: [red, green]")
        #expect(
            failure { () throws -> Colour in try root.choice("a") }
                == "dir/policy.yaml:1: a: «dark-blu» is not one of: red, dark-blue; did you mean «dark-blue»?")
        #expect(
            failure { () throws -> [Colour] in try root.choices("b") }
                == "dir/policy.yaml:2: b[1]: «green» is not one of: red, dark-blue")
    }

    @Test func errorsOfTheReaderOfAValueNameItsLine() throws {
        let root = try reader("labels:\n  - name: a\n    profile: x\n")
        let label = try #require(try root.mappings("labels").first)
        #expect(
            label.error("profile", "no profile «x»; there are: a, b").description
                == "dir/policy.yaml:3: labels[0].profile: no profile «x»; there are: a, b")
    }
}
