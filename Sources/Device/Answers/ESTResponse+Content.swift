internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import PKI
internal import SwiftASN1
internal import X509

extension ESTResponse {
    /// The body's bytes, out of base64. Whatever Content-Transfer-Encoding says plays no part (RFC 8951 §3.1).
    func decodedBody() throws -> [UInt8] {
        try AnswerBody.decode(body.readableBytesView)
    }

    /// The certificates of a certs-only message.
    func certificates() throws -> [Certificate] {
        try AnswerBody.certificates(of: decodedBody())
    }

    /// What the server says about a refusal: a short text without control characters.
    var reason: String {
        guard headers.first(name: "Content-Type")?.lowercased().hasPrefix("text/plain") == true else { return "" }
        return String(decoding: body.readableBytesView.prefix(500), as: UTF8.self).visible
            .trimmingCharacters(in: .whitespaces)
    }
}

/// What the bodies of answers stand for, read tolerantly: each of these forms is some server's.
enum AnswerBody {
    /// The bytes out of base64, in lines or not, in PEM armour or not; DER that was not encoded at all is taken as it is.
    static func decode(_ body: some Collection<UInt8>) throws -> [UInt8] {
        // Base64 is text: no DER is.
        if body.first == 0x30, body.contains(where: { $0 >= 0x7f || $0 < 0x20 && !(0x09...0x0d).contains($0) }) {
            return Array(body)
        }
        do {
            return try Base64Body.decode(withoutArmour(Array(body)))
        } catch {
            throw DeviceError(.badAnswer, "The server's answer is not base64.", cause: error)
        }
    }

    /// The certificates of a certs-only message, DER or BER.
    static func certificates(of message: [UInt8]) throws -> [Certificate] {
        do {
            return try CertsOnlyMessage.decode(message).map { try Certificate(derEncoded: $0) }
        } catch {
            throw DeviceError(.badAnswer, "The server's answer has no certificates that can be read.", cause: error)
        }
    }

    /// The lines between `-----BEGIN …-----` and `-----END …-----`, where the body is one such block.
    private static func withoutArmour(_ body: [UInt8]) -> [UInt8] {
        let lines = body.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d })
        guard let first = lines.first, let last = lines.last, lines.count >= 3,
            first.starts(with: Array("-----BEGIN ".utf8)), last.starts(with: Array("-----END ".utf8))
        else { return body }
        return Array(lines.dropFirst().dropLast().joined())
    }
}

extension String {
    /// Without control, format and other characters that a terminal may act upon: for texts that a server sent.
    var visible: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.filter { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                        false
                    default: true
                    }
                }))
    }
}

extension DeviceError {
    /// An answer that is none of the expected.
    init(refusing answer: ESTResponse, now: Date) {
        let said = answer.reason.isEmpty ? "." : ": \(answer.reason)"
        let code: Code =
            switch answer.status {
            case 408, 429, 500, 502..<600: .serverFailed
            case 400..<500, 501: .refused
            default: .badAnswer
            }
        let offered = answer.headers["WWW-Authenticate"].map { $0.lowercased() }
        let onlyDigest =
            answer.status == 401 && offered.contains { $0.hasPrefix("digest") }
            && !offered.contains { $0.contains("basic") }
        self.init(
            code,
            "The server answered \(answer.status)\(said)"
                + (onlyDigest ? " It asks for HTTP Digest, which is not supported here." : ""),
            status: answer.status, retryAfter: answer.headers.retryAfter(now: now))
    }
}
