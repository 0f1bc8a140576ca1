internal import Foundation
internal import PKI
internal import Testing

struct Base64BodyTests {
    private let bytes: [UInt8] = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 37) }

    private func lines(_ width: Int, _ separator: String) -> String {
        var text = Data(bytes).base64EncodedString()[...]
        var lines: [Substring] = []
        while !text.isEmpty {
            lines.append(text.prefix(width))
            text = text.dropFirst(width)
        }
        return lines.joined(separator: separator)
    }

    @Test func whiteSpaceAndArmourDoNotMatter() throws {
        let line = Data(bytes).base64EncodedString()
        let bodies = [
            line, line + "\n", lines(64, "\n"), lines(76, "\r\n"), lines(76, "\r\n") + "\r\n",
            lines(5, " \t\u{b}\u{c}"),
            "\n\n" + lines(1, "\n"),
            "-----BEGIN CERTIFICATE REQUEST-----\n\(lines(64, "\n"))\n-----END CERTIFICATE REQUEST-----\n",
            "-----BEGIN NEW CERTIFICATE REQUEST-----\r\n\(line)\r\n-----END NEW CERTIFICATE REQUEST-----",
        ]
        for body in bodies { #expect(try Base64Body.decode(Array(body.utf8)) == bytes) }
    }

    @Test func everyLengthIsReadBack() throws {
        for length in 1...80 {
            for layout in [Base64Body.Layout.oneLine, .lines] {
                let text = Base64Body.encode(Array(bytes.prefix(length)), layout: layout)
                #expect(try Base64Body.decode(Array(text.utf8)) == Array(bytes.prefix(length)))
                #expect(text.filter { $0 != "\n" } == Data(bytes.prefix(length)).base64EncodedString())
            }
        }
    }

    @Test(arguments: [
        "", " \r\n", "a", "ab", "abc", "ab=c", "a===", "====", "abcd=", "ab*d", "abc\u{0}", "ab==abcd", "abcd\u{e9}",
        "aB==", "abB=", "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE REQUEST-----", "-----BEGIN CERTIFICATE REQUEST-----\nYWJj",
        "YWJj-----END CERTIFICATE REQUEST-----", "YW-j", "YW_j",
        "-----BEGIN CERTIFICATE REQUEST----------END CERTIFICATE REQUEST-----\nYWJj",
    ])
    func whatIsNotBase64IsRefused(body: String) {
        #expect {
            try Base64Body.decode(Array(body.utf8))
        } throws: {
            ($0 as? CertificationRequestError)?.code == .malformed
        }
    }

    @Test func theLayoutIsTheRequests() {
        #expect(Base64Body.layout(of: Array("YWJj".utf8)) == .oneLine)
        #expect(Base64Body.layout(of: Array("YWJj\r\n".utf8)) == .oneLine)
        #expect(Base64Body.layout(of: Array("YW\nJj".utf8)) == .lines)
        #expect(Base64Body.layout(of: Array("YW\r\nJj\r\n".utf8)) == .lines)
        #expect(Base64Body.layout(of: [UInt8]()) == .oneLine)
    }

    @Test func linesHave64CharactersAndEndWithANewline() {
        let text = Base64Body.encode(bytes, layout: .lines)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last == "")
        #expect(lines.dropLast(2).allSatisfy { $0.count == 64 })
        #expect(Base64Body.encode(bytes, layout: .oneLine).filter { $0 == "\n" }.count == 1)
        #expect(Base64Body.encode(Array(bytes.prefix(48)), layout: .lines).hasSuffix("\n"))
        #expect(!Base64Body.encode(Array(bytes.prefix(48)), layout: .lines).hasSuffix("\n\n"))
    }
}
