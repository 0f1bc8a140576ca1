internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import HTTPTypes

/// What a request's `Authorization` header holds (RFC 7617 Basic, RFC 6750 Bearer).
enum PresentedSecret: Equatable {
    /// No header, or one of a scheme that is not for enrollment secrets.
    case none
    /// A header of one of our schemes from which no secret can be read. To be refused as a wrong secret is.
    case unusable
    case secret(Secret)

    /// The most bytes that a secret may have. Ours have fewer than 64; anything longer is none.
    private static let maximumBytes = 512

    /// The secret, where there is one that can be passed on.
    var value: Secret? {
        if case .secret(let secret) = self { secret } else { nil }
    }

    /// - Throws: ``ServiceError`` with code `malformed-request` where there are two headers: which one counts must not
    ///   depend on who reads.
    init(_ headers: HTTPFields) throws {
        let values = headers[values: .authorization]
        guard values.count <= 1 else {
            throw ServiceError(.malformedRequest, "The request has more than one Authorization header.")
        }
        guard let value = values.first.map(Self.trimmed), !value.isEmpty else {
            self = .none
            return
        }
        let parts = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        let credentials = parts.count == 2 ? Self.trimmed(String(parts[1])) : ""
        switch parts[0].lowercased() {
        case "basic": self = Self.basic(credentials)
        case "bearer": self = Self.usable(credentials)
        default: self = .none
        }
    }

    /// Without the white space at both ends.
    private static func trimmed(_ text: String) -> String {
        // Foundation makes an object of each text, which takes longer than all the rest; ASCII needs none.
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return text.trimmingCharacters(in: .whitespaces) }
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let start = text.utf8.firstIndex { !isSpace($0) } ?? text.endIndex
        guard let last = text.utf8.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(text[start...last])
    }

    /// The user name plays no part, and may be empty: it is never looked at, logged or passed on.
    private static func basic(_ credentials: String) -> PresentedSecret {
        guard let data = Data(base64Encoded: credentials), let text = String(data: data, encoding: .utf8),
            let colon = text.firstIndex(of: ":")
        else { return .unusable }
        return usable(String(text[text.index(after: colon)...]))
    }

    private static func usable(_ secret: String) -> PresentedSecret {
        secret.isEmpty || secret.utf8.count > maximumBytes ? .unusable : .secret(Secret(secret))
    }
}
