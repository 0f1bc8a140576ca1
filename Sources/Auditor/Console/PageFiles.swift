internal import Crypto
internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// The page's files, which are in the program: Sources/Auditor/Console/Page, each with where it is served.
struct PageFiles: Sendable {
    struct File: Sendable {
        var path: String
        var type: String
        var bytes: [UInt8]
    }

    static let all: [File] = [
        File(path: "/", type: "text/html; charset=utf-8", bytes: PackageResources.index_html)
    ]

    static var routes: [ConsoleRoute] {
        all.map { file in
            let tag = "\"" + SHA256.hash(data: file.bytes).prefix(16).map { String(format: "%02x", $0) }.joined() + "\""
            return ConsoleRoute(
                path: file.path, access: .anyone, summary: "The console's page.",
                answer: ConsoleRoute.Answer(type: file.type)
            ) { request, _ in
                let headers: HTTPFields = [.contentType: file.type, .eTag: tag, .cacheControl: "no-cache"]
                if request.headers[.ifNoneMatch] == tag { return Response(status: .notModified, headers: headers) }
                return Response(
                    status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
            }
        }
    }
}
