internal import Foundation
internal import Testing

@testable internal import ClusterProtocol

/// The line is written and read by this project's own code: compared here with Foundation's.
@Suite struct EventLineTests {
    /// Texts that are awkward to write, to read, or to look at.
    private static let texts: [String] = [
        "", "plain", "/a/b", "\"quoted\\\"",
        "\u{0}\u{1}\u{8}\u{9}\u{a}\u{b}\u{c}\u{d}\u{1f}\u{20}\u{7e}\u{7f}\u{80}\u{9f}",
        "äöü ß € 漢字", "😀\u{1F1E9}\u{1F1EA}\u{10FFFF}", "e\u{301}", "\u{61b}\u{61c}\u{61d}",
        "\u{200a}\u{200b}\u{200f}\u{2010}",
        "\u{2027}\u{2028}\u{2029}\u{202e}\u{202f}", "\u{205f}\u{2060}\u{206f}\u{2070}", "\u{fefe}\u{feff}\u{ff00}",
        "\u{d7ff}\u{e000}\u{fffd}\u{ffff}", "\\u0041\\n", "null", "},{\"type\":\"issued\"", "\"sequence\":0",
    ]

    /// An event that has each field or not, with texts from a list, chosen by a generator.
    private static func event(_ random: inout Generator) -> AuditEvent {
        func text() -> String {
            (0..<Int.random(in: 0...3, using: &random)).map { _ in texts.randomElement(using: &random) ?? "" }.joined()
        }
        func maybe<Value>(_ value: @autoclosure () -> Value) -> Value? {
            Bool.random(using: &random) ? value() : nil
        }
        var event = AuditEvent(AuditEvent.Kind.allCases.randomElement(using: &random) ?? .issued, time: Date())
        event.schema = Int.random(in: -3...3, using: &random)
        (event.id, event.source, event.run, event.time, event.salt) = (text(), text(), text(), text(), text())
        event.sequence = Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...63, using: &random)
        let optional: [WritableKeyPath<AuditEvent, String?>] = [
            \.reason, \.reasonText, \.node, \.label, \.profile, \.operation, \.principal, \.operator, \.remoteAddress,
            \.subject, \.namesSHA256, \.spkiSHA256, \.requestDigest, \.authority, \.serial, \.device, \.fingerprint,
            \.notBefore, \.notAfter, \.revocationReason, \.requestID, \.supersedes, \.idempotencyScope,
            \.manufacturerIdentity, \.manufacturerKeySHA256, \.publicKey, \.role,
        ]
        for path in optional { event[keyPath: path] = maybe(text()) }
        event.decision = maybe([.allowed, .denied, .deferred].randomElement(using: &random) ?? .denied)
        event.authentication = maybe([.certificateAndSecret, .none, .localUser].randomElement(using: &random) ?? .none)
        event.channelBinding = maybe([.absent, .exempt].randomElement(using: &random) ?? .verified)
        event.profileVersion = maybe(.random(in: 0...1000, using: &random))
        event.namesCount = maybe(.min)
        event.count = maybe(.max)
        event.names = maybe((0..<Int.random(in: 0...4, using: &random)).map { _ in text() })
        event.scope = maybe([.certificate, .device].randomElement(using: &random) ?? .name)
        event.labels = maybe((0..<Int.random(in: 0...4, using: &random)).map { _ in text() })
        event.remarks = maybe((0..<Int.random(in: 0...4, using: &random)).map { _ in text() })
        event.certificate = maybe(
            Data((0..<Int.random(in: 0...40, using: &random)).map { _ in .random(in: 0...255, using: &random) }))
        return event
    }

    @Test func aLineIsWhatFoundationMakesOfItsFields() throws {
        var random = Generator(state: 7)
        for _ in 0..<500 {
            let event = Self.event(&random)
            let line = try event.line()
            let fields = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let encoded = try encoder.encode(try #require(JSONValue(fields)))
            #expect(line == Self.escapingInvisible(String(decoding: encoded, as: UTF8.self)))
            #expect(try AuditEvent(line: line) == event)
            // The reader takes what other writers make of the same fields, too.
            let others = try JSONSerialization.data(withJSONObject: fields, options: [.prettyPrinted])
            #expect(try AuditEvent(line: String(decoding: others, as: UTF8.self)) == event)
        }
    }

    /// No byte that is changed, left out or put in makes the reader trap; what it takes, Foundation takes too.
    @Test func aDamagedLineIsReadOrRefused() throws {
        var random = Generator(state: 11)
        var taken = 0
        for _ in 0..<4000 {
            var bytes = Array(try Self.event(&random).line().utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                let byte = Array(#"{}[]",:\nut0-1.eE"#.utf8).randomElement(using: &random) ?? 0
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes[place] = byte
                case 1: bytes.insert(byte, at: place)
                case 2: bytes.remove(at: place)
                default: bytes.removeSubrange(place...)
                }
                if bytes.isEmpty { break }
            }
            guard let line = String(validating: bytes, as: UTF8.self), let event = try? AuditEvent(line: line) else {
                continue
            }
            taken += 1
            let fields = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(fields?["run"] as? String == event.run)
            #expect(fields?["subject"] as? String == event.subject)
            #expect(fields?["names"] as? [String] == event.names)
        }
        #expect(taken > 100)
    }

    @Test func unknownFieldsAreSkippedWhateverTheyHold() throws {
        let event = AuditEvent(.denied, time: Date(timeIntervalSince1970: 0))
        let line = try event.line()
        for value in [
            "null", "true", "false", "0", "-1.5e+10", "\"x\\ud83d\\ude00\"", "[]", "{}", " [ 1 , { \"a\" : [ ] } ] ",
        ] {
            #expect(try AuditEvent(line: "{\"x\" :\(value),\t" + line.dropFirst()) == event)
            #expect(try AuditEvent(line: " " + line.dropLast() + ",\"zz\":\(value)} ") == event)
        }
        #expect(try AuditEvent(line: line.replacing("\"decision\"", with: "\"d\\u0065cision\"")) == event)
        #expect(try AuditEvent(line: "{\"subject\":null," + line.dropFirst()) == event)
    }

    @Test(arguments: [
        "", "{", "{}", "null", "[]", "{\"type\":\"issued\"}", "{\"x\":}", "{\"x\":tru}", "{\"x\":+1}", "{\"x\":1.}",
        "{\"x\":.5}", "{\"x\":\"\\x\"}", "{\"x\":\"\\u12\"}", "{\"x\":\"\\ud800\"}", "{\"x\":\"\\ud800\\ud800\"}",
        "{\"x\":\"\u{1}\"}", "{\"x\":[1,]}", "{x:1}",
        "{\"x\":" + String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000) + "}",
    ])
    func whatIsNoEventIsRefused(start: String) throws {
        #expect(throws: EventLineError.self) { try AuditEvent(line: start) }
        // Also before an event that is whole.
        let line = try AuditEvent(.denied, time: Date()).line()
        if start.hasSuffix("}"), start != "{}", !start.contains("type") {
            #expect(throws: EventLineError.self) { try AuditEvent(line: start.dropLast() + "," + line.dropFirst()) }
        }
    }

    @Test(arguments: [
        ("\"sequence\":0", "\"sequence\":1.0"), ("\"sequence\":0", "\"sequence\":01"),
        ("\"sequence\":0", "\"sequence\":9223372036854775808"), ("\"sequence\":0", "\"sequence\":\"0\""),
        ("\"sequence\":0", "\"sequence\":null"), ("\"sequence\":0", "\"sequence\":0,\"sequence\":0"),
        ("\"sequence\":0", "\"sequence\":-"), ("\"sequence\":0,", ""), ("\"denied\"", "\"deniedx\""),
        ("\"denied\"}", "\"denied\"}}"), ("\"denied\"}", "\"denied\",}"), ("{\"id\"", "{\"certificate\":\"*\",\"id\""),
        ("{\"id\"", "{\"names\":\"a\",\"id\""), ("{\"id\"", "{\"names\":[1],\"id\""),
        ("{\"id\"", "{\"subject\":null,\"subject\":\"a\",\"id\""),
    ])
    func aFieldThatIsNotAsItHasToBeIsRefused(part: String, replacement: String) throws {
        let line = try AuditEvent(.denied, time: Date()).line()
        let changed = line.replacing(part, with: replacement)
        #expect(changed != line)
        #expect(throws: EventLineError.self) { try AuditEvent(line: changed) }
    }

    @Test func fieldsStandInTheOrderOfTheirNames() {
        let names = EventField.allCases.map(\.rawValue)
        #expect(names == names.sorted())
    }

    /// The escapes that the lines have beyond JSON's, written the slow way.
    private static func escapingInvisible(_ json: String) -> String {
        json.unicodeScalars.map { scalar in
            switch scalar.value {
            case 0x7f...0x9f, 0x61c, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff:
                "\\u" + String(String(scalar.value + 0x10000, radix: 16).dropFirst())
            default: String(scalar)
            }
        }.joined()
    }
}

/// A value of JSON, for `JSONEncoder`.
private enum JSONValue: Encodable {
    case text(String)
    case number(Int64)
    case list([JSONValue])
    case object([String: JSONValue])

    init?(_ value: Any) {
        switch value {
        case let text as String: self = .text(text)
        case let number as NSNumber: self = .number(number.int64Value)
        case let list as [Any]: self = .list(list.compactMap(JSONValue.init))
        case let object as [String: Any]: self = .object(object.compactMapValues(JSONValue.init))
        default: return nil
        }
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .text(let text): try text.encode(to: encoder)
        case .number(let number): try number.encode(to: encoder)
        case .list(let list): try list.encode(to: encoder)
        case .object(let object): try object.encode(to: encoder)
        }
    }
}

/// The same numbers in every run (SplitMix64).
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }
}
