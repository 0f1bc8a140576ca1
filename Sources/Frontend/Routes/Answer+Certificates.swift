internal import HTTPTypes
internal import NIOCore

extension Answer {
    static let certificatesType = "application/pkcs7-mime; smime-type=certs-only"

    private static let certificatesHeaders: HTTPFields = [
        .contentType: certificatesType,
        // RFC 8951 §3.1 says that clients ignore it; older ones ask for it.
        .contentTransferEncoding: "base64",
    ]

    /// A certs-only message (RFC 7030 §4.1.3, §4.2.3), already in base64.
    static func certificates(_ base64: ByteBuffer) -> Answer {
        Answer(.ok, headers: certificatesHeaders, body: base64)
    }
}

extension HTTPField.Name {
    static let contentTransferEncoding = Self("Content-Transfer-Encoding")!
    static let idempotencyKey = Self("Idempotency-Key")!
}
