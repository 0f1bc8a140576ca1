internal import NIOCore
internal import NIOHTTP1
internal import SwiftASN1
package import X509

/// The answer to `serverkeygen`: a private key and its certificate (RFC 7030 §4.4.2).
package struct GeneratedKey: Sendable {
    package enum Key: Sendable {
        /// PKCS#8
        case plain(DeviceKey)
        /// A CMS message, DER, that has the key encrypted.
        case enveloped([UInt8])
    }

    package let key: Key
    package let certificate: Certificate
    /// What else the server sent.
    package let others: [Certificate]

    /// - Throws: ``DeviceError``, `badAnswer`: also where the key is not that of the certificate.
    init(_ answer: ESTResponse) throws {
        let body = try MultipartBody(
            contentType: answer.headers.first(name: "Content-Type") ?? "", body: answer.body.readableBytesView)
        var (key, certificates): (Key?, [Certificate]) = (nil, [])
        for part in body.parts {
            switch part.type {
            case "application/pkcs8":
                key = .plain(try Self.plainKey(AnswerBody.decode(part.content)))
            case "application/pkcs7-mime" where part.parameters["smime-type"] == "server-generated-key",
                "application/pkcs7-mime" where part.parameters["smime-type"] == "enveloped-data":
                key = .enveloped(try AnswerBody.decode(part.content))
            case "application/pkcs7-mime":
                certificates = try AnswerBody.certificates(of: AnswerBody.decode(part.content))
            default: break
            }
        }
        guard let key else { throw DeviceError(.badAnswer, "The server's answer has no private key.") }
        let leaf =
            switch key {
            case .plain(let key): certificates.first { $0.publicKey == key.publicKey }
            // Whose the key is can't be seen; the device's certificate is the one that signed no other.
            case .enveloped:
                certificates.first { one in !certificates.contains { $0 != one && $0.issuer == one.subject } }
            }
        guard let leaf else { throw DeviceError(.badAnswer, "The server's answer has no certificate for its key.") }
        self.key = key
        certificate = leaf
        others = certificates.filter { $0 != leaf }
    }

    private static func plainKey(_ pkcs8: [UInt8]) throws -> DeviceKey {
        do {
            return DeviceKey(try Certificate.PrivateKey(derBytes: pkcs8))
        } catch {
            throw DeviceError(.badAnswer, "The server's private key is of a kind that can't be read.", cause: error)
        }
    }
}
