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
        File(path: "/", type: "text/html; charset=utf-8", bytes: PackageResources.index_html),
        File(path: "/console/style.css", type: "text/css; charset=utf-8", bytes: PackageResources.style_css),
        File(path: "/console/icon.svg", type: "image/svg+xml", bytes: PackageResources.icon_svg),
        script("api", PackageResources.api_js),
        script("app", PackageResources.app_js),
        script("charts", PackageResources.charts_js),
        script("detail", PackageResources.detail_js),
        script("dom", PackageResources.dom_js),
        script("fields", PackageResources.fields_js),
        script("overview", PackageResources.overview_js),
        script("proof", PackageResources.proof_js),
        script("search", PackageResources.search_js),
    ]

    private static func script(_ name: String, _ bytes: [UInt8]) -> File {
        File(path: "/console/\(name).js", type: "text/javascript; charset=utf-8", bytes: bytes)
    }

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
