internal import Crypto
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import PKI
internal import SwiftASN1
internal import X509

extension ESTResponse {
    /// The body's bytes, out of base64. Whatever Content-Transfer-Encoding says plays no part (RFC 8951 §3.1).
    func decodedBody() throws -> [UInt8] {
        do {
            return try Base64Body.decode(body.readableBytesView)
        } catch {
            throw DeviceError(.badAnswer, "The server's answer is not base64.", cause: error)
        }
    }

    /// The certificates of a certs-only message.
    func certificates() throws -> [Certificate] {
        let message = try decodedBody()
        do {
            return try CertsOnlyMessage.decode(message).map { try Certificate(derEncoded: $0) }
        } catch {
            throw DeviceError(.badAnswer, "The server's answer has no certificates that can be read.", cause: error)
        }
    }

    /// What the server says about a refusal: a short text without control characters.
    var reason: String {
        guard headers.first(name: "Content-Type")?.lowercased().hasPrefix("text/plain") == true else { return "" }
        let text = String(decoding: body.readableBytesView.prefix(500), as: UTF8.self)
        return String(
            text.unicodeScalars.filter { !$0.properties.generalCategory.isControl }.map(Character.init)
        ).trimmingCharacters(in: .whitespaces)
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isControl: Bool {
        switch self {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }
}

extension Certificate {
    /// DER.
    var derEncoded: [UInt8] {
        get throws {
            var serializer = DER.Serializer()
            try serializer.serialize(self)
            return serializer.serializedBytes
        }
    }

    /// SHA-256 of the certificate.
    var sha256: [UInt8] {
        get throws { Array(SHA256.hash(data: try derEncoded)) }
    }
}

extension DeviceError {
    /// An answer that is none of the expected.
    init(refusing answer: ESTResponse, now: Date) {
        let said = answer.reason.isEmpty ? "" : ": \(answer.reason)"
        let code: Code =
            switch answer.status {
            case 400..<500 where answer.status != 408 && answer.status != 429: .refused
            case 408, 429, 500..<600: .serverFailed
            default: .badAnswer
            }
        self.init(
            code, "The server answered \(answer.status)\(said)", status: answer.status,
            retryAfter: answer.headers.retryAfter(now: now))
    }
}
