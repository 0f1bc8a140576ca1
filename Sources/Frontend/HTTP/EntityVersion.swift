internal import Crypto
internal import HTTPTypes
internal import PKI

/// By what a client tells one version of a document from another (RFC 9110 §8.8).
struct EntityVersion: Sendable, Equatable {
    /// A strong entity tag, in its quotes.
    let tag: String
    /// In seconds since 1970.
    let modifiedAt: Int64

    init(of contents: [UInt8], modifiedAt: Int64) {
        tag = "\"\(SHA256.hash(data: contents).prefix(16).hexadecimal)\""
        self.modifiedAt = modifiedAt
    }

    /// Whether a GET or HEAD with these header fields is answered with 304 (RFC 9110 §13.2.2).
    ///
    /// `If-None-Match` wins over `If-Modified-Since`; what can't be read is as if it were not there.
    func isKnown(to headers: HTTPFields) -> Bool {
        let tags = headers[values: .ifNoneMatch]
        guard tags.isEmpty else {
            return tags.contains { isListed(in: $0) }
        }
        guard let text = headers[.ifModifiedSince], let time = HTTPDate.parse(text) else { return false }
        return modifiedAt <= time
    }

    /// Compares weakly with each tag of a list, or with `*`.
    private func isListed(in list: String) -> Bool {
        var rest = list.utf8[...]
        while true {
            rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: ",") }
            guard let first = rest.first else { return false }
            if first == UInt8(ascii: "*") { return true }
            if rest.starts(with: "W/".utf8) { rest = rest.dropFirst(2) }
            guard rest.first == UInt8(ascii: "\""),
                let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "\""))
            else { return false }
            if rest[...end].elementsEqual(tag.utf8) { return true }
            rest = rest[rest.index(after: end)...]
        }
    }
}
