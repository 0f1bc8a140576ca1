internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import PKI
internal import SwiftASN1
internal import Testing
internal import X509

@testable internal import Device

/// `multipart/mixed` as RFC 2046 §5.1 lets a server write it.
@Suite struct MultipartBodyTests {
    private func parts(_ type: String, _ body: String) throws -> [MultipartBody.Part] {
        try MultipartBody(contentType: type, body: Array(body.utf8)).parts
    }

    @Test("Preamble, epilogue, folded headers, quoted boundaries, spaces behind delimiters")
    func forms() throws {
        let read = try parts(
            "Multipart/Mixed; charset=x; Boundary=\"a b;\\\"c\"",
            """
            a preamble with --a b;"c in it\r
            --a b;"c \t\r
            content-type: Application/PKCS7-MIME;\r
              smime-type="certs-only"\r
            X-Other: y\r
            \r
            AAAA\r
            BBBB\r
            --a b;"cd\r
            --a b;"c\r
            \r
            text\r
            --a b;"c--\r
            --a b;"c\r
            an epilogue
            """)
        #expect(read.count == 2)
        #expect(read[0].type == "application/pkcs7-mime" && read[0].parameters == ["smime-type": "certs-only"])
        #expect(read[0].content == Array("AAAA\r\nBBBB\r\n--a b;\"cd".utf8))
        #expect(read[1].type == "text/plain" && read[1].content == Array("text".utf8))
    }

    @Test("Line feeds alone end lines, too; a part may be empty")
    func lineFeeds() throws {
        let read = try parts("multipart/mixed; boundary=x", "--x\nContent-Type: a/b\n\nc\n--x\n--x--")
        #expect(read.map(\.content) == [Array("c".utf8), []])
    }

    @Test(
        "What is cut off, endless or no multipart is a bad answer",
        arguments: [
            ("multipart/mixed; boundary=x", "--x\r\n\r\nAAAA\r\n--x\r\n\r\nBB"), ("multipart/mixed; boundary=x", ""),
            ("multipart/mixed", "--x\r\n\r\n--x--"), ("multipart/mixed; boundary=\"\"", "--\r\n\r\n----"),
            ("text/plain; boundary=x", "--x\r\n\r\n--x--"), ("", "--x--"),
            ("multipart/mixed; boundary=x", String(repeating: "--x\r\n\r\n", count: 40) + "--x--"),
        ])
    func bad(_ type: String, _ body: String) {
        #expect(throws: DeviceError(.badAnswer, "")) { try parts(type, body) }
    }

    // MARK: Keys

    private func answer(_ parts: [(type: String, content: [UInt8])]) -> ESTResponse {
        var body = ""
        for part in parts {
            body += "--b\r\nContent-Type: \(part.type)\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            body += Data(part.content).base64EncodedString(options: .lineLength64Characters) + "\r\n"
        }
        return ESTResponse(
            status: 200, headers: ["Content-Type": "multipart/mixed; boundary=b"],
            body: ByteBuffer(string: body + "--b--\r\n"))
    }

    private static let certsOnly = "application/pkcs7-mime; smime-type=certs-only"

    @Test("A key of each kind and its certificate, in either order, with the chain", arguments: DeviceKey.Kind.allCases)
    func keys(_ kind: DeviceKey.Kind) throws {
        let authority = try TestAuthority("Root")
        let key = try DeviceKey.generate(kind)
        #expect(key.kind == kind)
        let leaf = try authority.issue("leaf", key: key)
        let pkcs8 = try PEMDocument(pemString: key.pem).derBytes
        let bag = CertsOnlyMessage.encode([try authority.certificate.derEncoded, try leaf.derEncoded])
        for parts in [
            [("application/pkcs8", pkcs8), (Self.certsOnly, bag)],
            [(Self.certsOnly, bag), ("application/pkcs8", pkcs8)],
        ] {
            let generated = try GeneratedKey(answer(parts))
            #expect(generated.certificate == leaf && generated.others == [authority.certificate])
            guard case .plain(let received) = generated.key else {
                Issue.record("no plain key")
                return
            }
            #expect(received.publicKey == key.publicKey)
        }
    }

    @Test("An encrypted key is kept as it is, with the certificate that signed no other")
    func enveloped() throws {
        let authority = try TestAuthority("Root")
        let leaf = try authority.issue("leaf", key: DeviceKey.generate(.p256))
        let bag = CertsOnlyMessage.encode([try authority.certificate.derEncoded, try leaf.derEncoded])
        let generated = try GeneratedKey(
            answer([
                ("application/pkcs7-mime; smime-type=server-generated-key", [1, 2, 3]), (Self.certsOnly, bag),
            ]))
        #expect(generated.certificate == leaf)
        guard case .enveloped([1, 2, 3]) = generated.key else {
            Issue.record("no message")
            return
        }
    }

    @Test("A key without its certificate, or a certificate without its key, is a bad answer")
    func incomplete() throws {
        let authority = try TestAuthority("Root")
        let leaf = try authority.issue("leaf", key: DeviceKey.generate(.p256))
        let bag = CertsOnlyMessage.encode([try leaf.derEncoded])
        let other = try PEMDocument(pemString: DeviceKey.generate(.p256).pem).derBytes
        for parts in [
            [(Self.certsOnly, bag)], [("application/pkcs8", other)],
            [("application/pkcs8", other), (Self.certsOnly, bag)],
            [("application/pkcs8", [1, 2, 3]), (Self.certsOnly, bag)], [],
        ] {
            #expect(throws: DeviceError(.badAnswer, "")) { try GeneratedKey(answer(parts)) }
        }
    }
}
