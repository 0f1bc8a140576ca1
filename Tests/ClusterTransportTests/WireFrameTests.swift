internal import Testing

@testable internal import ClusterTransport

@Suite struct WireFrameTests {
    private func read(_ bytes: [UInt8]) throws(WireFrame.Malformed) -> WireFrame {
        // Typed throws do not pass through withUnsafeBytes.
        let result: Result<WireFrame, WireFrame.Malformed> = bytes.withUnsafeBytes { bytes in
            Result { () throws(WireFrame.Malformed) in try WireFrame(bytes) }
        }
        return try result.get()
    }

    @Test func whatIsWrittenIsRead() throws {
        let frame = try read(RawPeer.frame("signing.enroll", [7, 8], callID: 0x0123_4567_89AB_CDEF, budget: 1500))
        #expect(frame.kind == .call)
        #expect(frame.callID == 0x0123_4567_89AB_CDEF)
        #expect(frame.budgetMilliseconds == 1500)
        #expect(frame.name == "signing.enroll")
        #expect(frame.body == [7, 8])
    }

    @Test func headerIsWhatIsDocumented() {
        #expect(
            RawPeer.frame("a.b", [7, 8], callID: 258, budget: 3)
                == [2, 1, 0, 3, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 1, 2] + Array("a.b".utf8) + [7, 8])
    }

    @Test func answerHasNoName() throws {
        #expect(try read(RawPeer.frame("", [7, 8], kind: .result)).kind == .result)
        #expect(throws: WireFrame.Malformed.badName(.error, callID: 1)) {
            try read(RawPeer.frame("a.b", [7, 8], kind: .error))
        }
    }

    @Test func everyTruncationOfHeaderIsRefused() {
        let bytes = RawPeer.frame("a.b", [7, 8])
        for length in 0..<WireFrame.headerLength {
            #expect(throws: WireFrame.Malformed.truncated) { try read(Array(bytes[..<length])) }
        }
        for length in WireFrame.headerLength..<WireFrame.headerLength + 3 {
            #expect(throws: WireFrame.Malformed.badName(.call, callID: 1)) { try read(Array(bytes[..<length])) }
        }
    }

    @Test func anotherVersionKeepsItsCallID() {
        var bytes = RawPeer.frame("a.b", [7, 8], callID: 77)
        bytes[0] = 1
        #expect(throws: WireFrame.Malformed.unsupportedVersion(.call, callID: 77)) { try read(bytes) }
    }

    @Test func kindThatDoesNotExistIsRefused() {
        var bytes = RawPeer.frame("a.b", [7, 8])
        bytes[1] = 9
        #expect(throws: WireFrame.Malformed.unknownKind) { try read(bytes) }
    }

    @Test(arguments: ["", "a b", "a\u{0}", "é", String(repeating: "a", count: 65)])
    func badNameIsRefused(name: String) {
        #expect(throws: WireFrame.Malformed.badName(.call, callID: 1)) { try read(RawPeer.frame(name)) }
        #expect(!WireFrame.isValidName(name))
    }

    @Test func randomBytesNeverTrap() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...120)).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            // Half of them look right at the start, so that the rest is looked at too.
            if Bool.random(), bytes.count > 3 { bytes.replaceSubrange(0..<3, with: [2, 1, 0]) }
            _ = try? read(bytes)
        }
    }

    @Test(arguments: [
        (Duration.milliseconds(-5), UInt32(0)), (.microseconds(999), 0), (.milliseconds(1500), 1500),
        (.seconds(10_000_000_000), .max),
    ])
    func budgetIsRoundedDownAndClamped(budget: Duration, milliseconds: UInt32) {
        #expect(WireFrame.milliseconds(budget) == milliseconds)
    }
}
