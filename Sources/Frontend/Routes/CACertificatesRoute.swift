internal import HTTPTypes
internal import PKI

/// `cacerts`: the certificates up to the root, for whoever asks (RFC 7030 §4.1). Never behind the pool.
struct CACertificatesRoute: ESTRoute {
    static let operation = ESTOperation.caCertificates

    func respond(to request: ReceivedRequest, context: ESTRequestContext) async throws -> Answer {
        .certificates(context.label.caCertificates(Base64Body.Layout(forGET: request.head.headerFields)))
    }
}

extension Base64Body.Layout {
    /// The layout for a request without a body: one line only for a client that sends neither `User-Agent` nor
    /// `Accept`, as the clients do that can't read lines (H2 of the page on conformance).
    init(forGET headers: HTTPFields) {
        self = headers[.userAgent] == nil && headers[.accept] == nil ? .oneLine : .lines
    }
}
