internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import PKI
internal import Testing
internal import X509

@testable internal import Device

/// The bodies of answers in the forms that servers send them in.
@Suite struct AnswerBodyTests {
    private static let der: [UInt8] = [0x30, 0x03, 0x02, 0x01, 0x05]

    @Test(
        "Base64 is read in any layout, and DER that was not encoded",
        arguments: [
            Array("MAMCAQU=".utf8), Array("MAMC\r\nAQU=\r\n".utf8), Array("\n MAMC AQU=\n\n".utf8), der,
            Array("-----BEGIN PKCS7-----\nMAMCAQU=\n-----END PKCS7-----\n".utf8),
            Array("-----BEGIN CMS-----\r\nMAMC\r\nAQU=\r\n-----END CMS-----".utf8),
        ])
    func layouts(_ body: [UInt8]) throws {
        #expect(try AnswerBody.decode(body) == Self.der)
    }

    @Test("What is no base64 is a bad answer", arguments: ["", "<html>", "MAMCAQU", "MAMC*AQU=", "-----BEGIN X-----"])
    func noBase64(_ body: String) {
        #expect(throws: DeviceError(.badAnswer, "")) { try AnswerBody.decode(Array(body.utf8)) }
    }

    @Test("Certificates are read from DER and from BER, beside lists and other kinds of certificate")
    func certificates() throws {
        let authority = try TestAuthority("Root")
        let leaf = try authority.issue("leaf", key: DeviceKey.generate(.p256))
        let message = CertsOnlyMessage.encode([try leaf.derEncoded, try authority.certificate.derEncoded])
        #expect(Set(try AnswerBody.certificates(of: message)) == [leaf, authority.certificate])

        // The outermost SEQUENCE with an open length.
        let head = message[1] < 0x80 ? 2 : 2 + Int(message[1] & 0x7f)
        let open = [0x30, 0x80] + message.dropFirst(head) + [0, 0]
        #expect(try AnswerBody.certificates(of: open).count == 2)

        // An attribute certificate, [1] in the set, and the field of lists, [1] after it.
        func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
            [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xff)] + content
        }
        let signedData: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02]
        let data: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01]
        let content =
            [0x02, 0x01, 0x01, 0x31, 0x00] + element(0x30, data)
            + element(0xa0, element(0xa1, [0x05, 0x00]) + (try leaf.derEncoded))
            + element(0xa1, element(0x30, [])) + [0x31, 0x00]
        let odd = element(0x30, signedData + element(0xa0, element(0x30, content)))
        #expect(try AnswerBody.certificates(of: odd) == [leaf])
    }

    @Test("What is no certs-only message is a bad answer, never a crash")
    func noMessage() throws {
        let message = CertsOnlyMessage.encode([try TestAuthority("Root").certificate.derEncoded])
        for length in stride(from: 0, to: message.count, by: 7) {
            #expect(throws: DeviceError(.badAnswer, "")) {
                try AnswerBody.certificates(of: Array(message.prefix(length)))
            }
        }
        for index in message.indices.prefix(60) {
            var changed = message
            changed[index] ^= 0xff
            do {
                _ = try AnswerBody.certificates(of: changed)
            } catch let error as DeviceError {
                #expect(error.code == .badAnswer)
            }
        }
    }

    @Test("A refusal says what the server says, without what a terminal acts upon")
    func reason() {
        var answer = ESTResponse(
            status: 403, headers: ["Content-Type": "text/plain"],
            body: ByteBuffer(string: "no\u{1b}[31m\u{202e} such\r\nname"))
        #expect(answer.reason == "no[31m suchname")
        answer.headers = ["Content-Type": "text/html"]
        #expect(answer.reason.isEmpty)
    }

    @Test(
        "Statuses are told apart by whether another try helps",
        arguments: [
            (400, DeviceError.Code.refused), (401, .refused), (403, .refused), (404, .refused), (501, .refused),
            (408, .serverFailed), (429, .serverFailed), (500, .serverFailed), (503, .serverFailed), (200, .badAnswer),
            (303, .badAnswer),
        ])
    func statuses(_ status: Int, _ code: DeviceError.Code) {
        let answer = ESTResponse(status: status, headers: ["Retry-After": "7"], body: ByteBuffer())
        let error = DeviceError(refusing: answer, now: .now)
        #expect(error.code == code && error.status == status && error.retryAfter == 7)
    }
}
