internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import HTTPTypes
internal import NIOCore
internal import PKI

/// Answers OCSP requests (RFC 6960, RFC 5019).
///
/// Every answer to something that came as OCSP is an OCSP response with status 200, an error too; only what is too long
/// is refused by HTTP. A nonce is ignored: answers are the same for everyone (RFC 5019 §4).
struct CertificateStatusDesk: Sendable {
    let statuses: CertificateStatuses
    /// The longest request, DER, in bytes.
    let maximumRequestBytes: Int
    /// How long others may keep an answer, in seconds.
    let cacheAge: Int64

    /// - Parameter isInPath: Whether the request came in the path, with GET: then caches may keep the answer.
    func respond(
        to request: [UInt8], authority: ServedAuthority, headers: HTTPFields, isInPath: Bool
    ) async -> Answer {
        let parsed: OCSPRequest
        do {
            parsed = try OCSPRequest(derEncoded: request)
        } catch {
            return Self.failure(.malformedRequest)
        }
        // Answers are made ahead, each for one certificate (RFC 5019 §2.2.1): for several there is none.
        guard parsed.certificateIdentifiers.count == 1, let identifier = parsed.certificateIdentifiers.first,
            let hash = identifier.hash, let serial = identifier.serial, authority.identifiers.issued(identifier)
        else { return Self.failure(.unauthorized) }
        do {
            let status = try await statuses.answer(.init(serial: serial, hash: hash), of: authority)
            return answer(status, headers: headers, isInPath: isInPath)
        } catch {
            return Self.failure(Self.status(of: error))
        }
    }

    /// The request that stands in a path: base64 whose characters may be escaped (RFC 6960 A.1). nil for anything else.
    func request(inPath text: String) throws -> [UInt8]? {
        // Three characters for each character of base64, four of those for each three bytes.
        guard text.utf8.count <= 4 * (maximumRequestBytes + 3) else { throw ErrorResponse.targetTooLong }
        var base64: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                base64.append(byte)
                continue
            }
            guard let escaped = UInt8(hexadecimal: rest.prefix(2)) else { return nil }
            base64.append(escaped)
            rest = rest.dropFirst(2)
        }
        guard let request = Data(base64Encoded: Data(base64)) else { return nil }
        guard request.count <= maximumRequestBytes else { throw ErrorResponse.targetTooLong }
        return Array(request)
    }

    static func failure(_ status: OCSPErrorResponse) -> Answer {
        // It is not signed, and tells nothing that lasts.
        Answer(
            .ok, headers: [.contentType: mediaType, .cacheControl: "no-store"],
            body: ByteBuffer(bytes: OCSPErrorResponse.encode(status)))
    }

    private static let mediaType = "application/ocsp-response"

    private static func status(of error: ServiceError) -> OCSPErrorResponse {
        switch error.code {
        case .notFound: .unauthorized
        case .overloaded, .unreachable, .deadlineExceeded, .shuttingDown, .auditBacklogFull: .tryLater
        default: .internalError
        }
    }

    /// RFC 5019 §6.2
    private func answer(_ status: StatusAnswer, headers: HTTPFields, isInPath: Bool) -> Answer {
        guard isInPath else { return Answer(.ok, headers: [.contentType: Self.mediaType], body: status.body) }
        let now = Int64(Date.now.timeIntervalSince1970)
        let age = max(0, min(cacheAge, status.nextUpdate - now))
        return Answer(
            status.version.isKnown(to: headers) ? .notModified : .ok,
            headers: [
                .contentType: Self.mediaType, .eTag: status.version.tag,
                .lastModified: HTTPDate.format(status.thisUpdate), .expires: HTTPDate.format(now + age),
                .cacheControl: "max-age=\(age), public, no-transform, must-revalidate",
            ],
            body: status.body)
    }
}

extension UInt8 {
    /// The byte that two hexadecimal digits stand for.
    fileprivate init?(hexadecimal digits: Substring.UTF8View) {
        guard digits.count == 2 else { return nil }
        var value: UInt8 = 0
        for digit in digits {
            let number: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = digit - UInt8(ascii: "0")
            case UInt8(ascii: "A")...UInt8(ascii: "F"): number = digit - UInt8(ascii: "A") + 10
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            value = value << 4 | number
        }
        self = value
    }
}
