internal import HTTPTypes
internal import PKI

/// `csrattrs`: what a certification request should contain (RFC 7030 §4.5, RFC 8951 §4). 204: nothing in particular.
///
/// For whoever asks, as RFC 7030 §4.5.1 recommends. Never behind the pool.
struct CSRAttributesRoute: ESTRoute {
    static let operation = ESTOperation.csrAttributes

    private static let headers: HTTPFields = [
        .contentType: "application/csrattrs",
        // As with certificates: RFC 8951 §3.1 says that clients ignore it; older ones ask for it.
        .contentTransferEncoding: "base64",
    ]

    func respond(to request: ReceivedRequest, context: ESTRequestContext) async throws -> Answer {
        let layout = Base64Body.Layout(forGET: request.head.headerFields)
        guard let attributes = context.label.csrAttributes(layout) else { return Answer(.noContent) }
        return Answer(.ok, headers: Self.headers, body: attributes)
    }
}
