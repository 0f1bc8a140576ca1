internal import Foundation
internal import HTTPTypes
internal import NIOCore
internal import PKI

/// Serves CRLs and OCSP, and nothing else: all that there is on plain HTTP, and a part of what there is over TLS.
///
/// Nothing here is behind the enrollment pool, or asks who the client is.
struct RevocationResponder: RequestResponder {
    let directory: CatalogueDirectory
    let lists: RevocationLists
    let desk: CertificateStatusDesk
    /// How long others may keep a CRL, in seconds.
    let cacheAge: Int64
    let drain: DrainState
    let metrics: FrontendMetrics

    var isDraining: Bool { drain.isDraining }

    /// 404, 405 and 415, in this order, and 503 for what would be served at another time.
    func plan(for head: HTTPRequest, connection: ClientConnection?) -> RequestPlan {
        guard !directory.isEmpty else {
            return RequestPlan(refusal: drain.isDraining ? .shuttingDown : .notReady)
        }
        guard let path = head.path.flatMap({ RevocationPath($0) }), let authority = directory.authority(path.authority)
        else { return RequestPlan(refusal: .notFound) }
        let route: Route
        let methods: [HTTPRequest.Method]
        switch path {
        case .revocationList:
            route = .revocationList(authority)
            methods = [.get, .head]
        case .certificateStatus(_, let request):
            route = .certificateStatus(authority, inPath: request)
            methods = request == nil ? [.post] : [.get]
        }
        guard methods.contains(head.method) else {
            let allow = methods.map(\.rawValue).joined(separator: ", ")
            return RequestPlan(route: route, refusal: .methodNotAllowed(allow: allow))
        }
        guard !drain.isDraining else {
            return RequestPlan(route: route, refusal: .shuttingDown)
        }
        if head.method == .post, head.headerFields.mediaType != Self.requestMediaType {
            return RequestPlan(route: route, refusal: .unsupportedMediaType(expected: Self.requestMediaType))
        }
        return RequestPlan(
            route: route, maximumBodyBytes: head.method == .post ? desk.maximumRequestBytes : nil,
            inFlight: drain.request())
    }

    func respond(to request: ReceivedRequest) async -> Answer {
        switch request.route {
        case .revocationList(let authority):
            return list(of: authority, headers: request.head.headerFields)
        case .certificateStatus(let authority, let inPath):
            return await status(of: authority, inPath: inPath, request)
        case .est, nil:
            return ErrorResponse.notFound.answer
        }
    }

    func completed(_ route: Route?, status: Int, duration: Duration?) {
        metrics.answered(route, status: status, duration: duration)
    }

    private static let requestMediaType = "application/ocsp-request"
    private static let listMediaType = "application/pkix-crl"

    /// RFC 5280 §4.2.1.13, RFC 2585 §4. Also after its end: the client judges that, and may have nothing newer.
    private func list(of authority: ServedAuthority, headers: HTTPFields) -> Answer {
        guard let list = lists.list(of: authority.id) else { return ErrorResponse.noRevocationList.answer }
        let now = Int64(Date.now.timeIntervalSince1970)
        let age = max(0, min(cacheAge, list.nextUpdate - now))
        return Answer(
            list.version.isKnown(to: headers) ? .notModified : .ok,
            headers: [
                .contentType: Self.listMediaType, .eTag: list.version.tag,
                .lastModified: HTTPDate.format(min(list.version.modifiedAt, now)),
                .cacheControl: "max-age=\(age), public, no-transform, must-revalidate",
            ],
            body: list.body)
    }

    private func status(of authority: ServedAuthority, inPath: String?, _ request: ReceivedRequest) async -> Answer {
        do {
            let headers = request.head.headerFields
            guard let inPath else {
                return await desk.respond(
                    to: Array(request.body.readableBytesView), authority: authority, headers: headers, isInPath: false)
            }
            guard let bytes = try desk.request(inPath: inPath) else {
                return CertificateStatusDesk.failure(.malformedRequest)
            }
            return await desk.respond(to: bytes, authority: authority, headers: headers, isInPath: true)
        } catch {
            return ((error as? ErrorResponse) ?? ErrorResponse(error)).answer
        }
    }
}

extension HTTPFields {
    /// The media type of the content without its parameters.
    var mediaType: String? {
        self[.contentType]?.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
    }
}
