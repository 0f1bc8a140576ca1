internal import Foundation
internal import Testing

@testable internal import ClusterTransport

@Suite struct CBORTests {
    private struct Message: Codable, Equatable {
        enum Choice: String, Codable {
            case first
            case second
        }
        enum Outcome: Codable, Equatable {
            case done
            case issued(Data, replayed: Bool)
            case nested(Inner)
        }
        struct Inner: Codable, Equatable {
            var names: [String]
            var chain: [Data] = []
            var more: [Inner] = []
        }
        var text = "äöü 😀 \u{0}"
        var data = Data((0..<300).map { UInt8(truncatingIfNeeded: $0) })
        var flag = true
        var integer = -70_000
        var long = Int64.min
        var large = UInt64.max
        var small = Int8.min
        var byte = UInt8.max
        var double = 0.1
        var choice = Choice.second
        var outcome = Outcome.issued(Data([1]), replayed: true)
        var inner = Inner(names: ["a", ""], chain: [Data(), Data([7])], more: [Inner(names: [])])
        var table = ["one": Int64(1), "two": 2]
        var absent: String?
        var present: String? = "x"
        var absentInner: Inner?
        var maybe: [Int?] = [1, nil, 3]
        var pairs: [[Int]] = [[], [1, 2]]
        var done = Done()
    }

    private func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal)
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0..<$0 + 2]), radix: 16) }
    }

    @Test func aValueComesBackAsItWas() throws {
        for outcome in [Message.Outcome.done, .issued(Data(), replayed: false), .nested(.init(names: ["n"]))] {
            var message = Message()
            message.outcome = outcome
            let encoded = try CBOR.encode(message)
            #expect(try CBOR.decode(Message.self, from: encoded) == message)
        }
    }

    /// Appendix A of RFC 8949.
    @Test(arguments: [
        ("00", 0), ("17", 23), ("1818", 24), ("1903e8", 1000), ("1a000f4240", 1_000_000),
        ("1b000000e8d4a51000", 1_000_000_000_000),
        ("20", -1), ("3863", -100), ("3903e7", -1000), ("3b7fffffffffffffff", Int64.min),
    ])
    func numbersAreThoseOfTheRFC(hexadecimal: String, number: Int64) throws {
        #expect(try CBOR.encode(number) == bytes(hexadecimal))
        #expect(try CBOR.decode(Int64.self, from: bytes(hexadecimal)) == number)
    }

    @Test func otherItemsAreThoseOfTheRFC() throws {
        #expect(try CBOR.encode("ü") == bytes("62c3bc"))
        #expect(try CBOR.encode(Data([1, 2, 3, 4])) == bytes("4401020304"))
        #expect(try CBOR.encode(true) == bytes("f5"))
        #expect(try CBOR.encode(1.1) == bytes("fb3ff199999999999a"))
        #expect(try CBOR.encode([1, 2, 3]) == bytes("9f010203ff"))
        #expect(try CBOR.encode(["a": [String: Int]()]) == bytes("bf6161bfffff"))
        // With a count too, and with more bytes than a number needs.
        #expect(try CBOR.decode([Int].self, from: bytes("83010203")) == [1, 2, 3])
        #expect(try CBOR.decode(Int.self, from: bytes("1900ff")) == 255)
    }

    @Test(arguments: [
        // Nothing; cut short; something behind; a break alone.
        "", "18", "1b00000000", "0000", "ff",
        // A text or bytes that are longer than what is there, or in pieces.
        "636162", "6261", "7bffffffffffffffff", "5b7fffffffffffffff", "7f616161ffff", "5f41aaff",
        // Arrays and maps without their end, or with a count that nothing can be behind.
        "9f", "9f01", "8201", "9bffffffffffffffff", "bf", "bf6161", "bf616101", "a16161", "bbffffffffffffffff01",
        // Keys that are no text; a tag; undefined; other simple values; short floats; reserved lengths.
        "bf0101ff", "c001", "f7", "e0", "f820", "f97e00", "fa47c35000", "1c", "5d", "fe",
    ])
    func whatIsNoMessageIsRefused(hexadecimal: String) {
        let encoded = bytes(hexadecimal)
        #expect(throws: (any Error).self) { try CBOR.decode(Int.self, from: encoded) }
        #expect(throws: (any Error).self) { try CBOR.decode(String.self, from: encoded) }
        #expect(throws: (any Error).self) { try CBOR.decode([Int].self, from: encoded) }
        #expect(throws: (any Error).self) { try CBOR.decode(Message.self, from: encoded) }
        // Also where nobody asks for it.
        #expect(throws: (any Error).self) { try CBOR.decode(Done.self, from: bytes("bf6161") + encoded + [0xff]) }
    }

    @Test func anItemOfAnotherTypeIsRefused() throws {
        #expect(throws: DecodingError.self) { try CBOR.decode(String.self, from: bytes("4161")) }
        #expect(throws: DecodingError.self) { try CBOR.decode(Data.self, from: bytes("6161")) }
        #expect(throws: DecodingError.self) { try CBOR.decode(Int.self, from: bytes("6161")) }
        #expect(throws: DecodingError.self) { try CBOR.decode(Bool.self, from: bytes("01")) }
        #expect(throws: DecodingError.self) { try CBOR.decode(Double.self, from: bytes("01")) }
        #expect(throws: DecodingError.self) { try CBOR.decode([Int].self, from: bytes("a0")) }
        #expect(throws: DecodingError.self) { try CBOR.decode(String.self, from: bytes("62c328")) }
        #expect(throws: DecodingError.self) { try CBOR.decode(UInt8.self, from: bytes("190100")) }
        #expect(throws: DecodingError.self) { try CBOR.decode(UInt8.self, from: bytes("20")) }
        #expect(throws: DecodingError.self) { try CBOR.decode(Int64.self, from: bytes("3bffffffffffffffff")) }
        #expect(throws: DecodingError.self) { try CBOR.decode(Int64.self, from: bytes("1bffffffffffffffff")) }
    }

    @Test func aVersionWithMorePropertiesIsRead() throws {
        struct Old: Codable, Equatable { var b: Int }
        struct New: Codable { var a = ["x": [1, 2]]; var b = 7; var c: String? = "c"; var d = Data([1]) }
        struct Needing: Codable { var b: Int; var e: Int }
        struct Wishing: Codable, Equatable { var e: Int?; var b: Int; var c: String? }
        let encoded = try CBOR.encode(New())
        #expect(try CBOR.decode(Old.self, from: encoded) == Old(b: 7))
        #expect(try CBOR.decode(Wishing.self, from: encoded) == Wishing(e: nil, b: 7, c: "c"))
        #expect(throws: DecodingError.self) { try CBOR.decode(Needing.self, from: encoded) }
    }

    @Test func aPropertyThatStandsTwiceIsTheFirst() throws {
        struct One: Codable { var a: Int }
        #expect(try CBOR.decode(One.self, from: bytes("a2616101616102")).a == 1)
    }

    @Test func nestingIsBounded() throws {
        for byte: UInt8 in [0x9f, 0x81] {
            let deep = [UInt8](repeating: byte, count: 200_000)
            #expect(throws: DecodingError.self) { try CBOR.decode([Int].self, from: deep) }
            #expect(throws: DecodingError.self) { try CBOR.decode(Done.self, from: bytes("bf6161") + deep) }
        }
        let fitting = bytes("bf6161") + Array(repeating: 0x81, count: CBOR.maximumDepth - 2) + [0x80, 0xff]
        #expect(try CBOR.decode(Done.self, from: fitting) == Done())
    }

    @Test func everyTruncationIsRefused() throws {
        let encoded = try CBOR.encode(Message())
        for length in encoded.indices {
            #expect(throws: DecodingError.self) { try CBOR.decode(Message.self, from: Array(encoded[..<length])) }
        }
    }

    @Test func damagedMessagesNeverTrap() throws {
        let encoded = try CBOR.encode(Message())
        let heads: [UInt8] = [
            0x00, 0x17, 0x18, 0x1b, 0x3b, 0x5b, 0x60, 0x7b, 0x80, 0x9b, 0x9f, 0xa0, 0xbb, 0xbf, 0xf6, 0xff,
        ]
        var read = 0
        for _ in 0..<30_000 {
            var bytes = encoded
            for _ in 0..<Int.random(in: 1...4) {
                let place = Int.random(in: bytes.indices)
                let byte = Bool.random() ? .random(in: 0...255) : heads.randomElement() ?? 0
                switch Int.random(in: 0...2) {
                case 0: bytes[place] = byte
                case 1: bytes.insert(byte, at: place)
                default: bytes.remove(at: place)
                }
            }
            if (try? CBOR.decode(Message.self, from: bytes)) != nil { read += 1 }
        }
        #expect(read > 0)
    }

    @Test func randomBytesNeverTrap() {
        for _ in 0..<30_000 {
            let bytes = (0..<Int.random(in: 0...60)).map { _ in UInt8.random(in: 0...255) }
            _ = try? CBOR.decode(Message.self, from: bytes)
            _ = try? CBOR.decode([String: Int64].self, from: [0xbf] + bytes + [0xff])
            _ = try? CBOR.decode([[String]].self, from: [0x9f] + bytes + [0xff])
        }
    }
}
