internal import Foundation
internal import Testing

/// HTTP requests by the real curl.
struct Curl {
    struct Answer: Sendable {
        /// 0 where no answer came.
        var status: Int
        /// By lower-case name; of several with one name the last.
        var headers: [String: String]
        var body: Data
        var exitStatus: Int32

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    static func get(_ url: String, _ arguments: [String] = []) async throws -> Answer {
        try await request(url, arguments)
    }

    /// Sends a body as it is.
    static func post(
        _ url: String, body: Data, contentType: String = "application/pkcs10", _ arguments: [String] = []
    ) async throws -> Answer {
        try await request(
            url, ["--data-binary", "@-", "--header", "Content-Type: \(contentType)"] + arguments, input: body)
    }

    private static func request(_ url: String, _ arguments: [String], input: Data? = nil) async throws -> Answer {
        let run = try await CommandRun.run(
            ["curl", "--silent", "--max-time", "30", "--include", "--noproxy", "*"] + arguments + [url], input: input)
        var rest = run.output
        var (status, headers): (Int, [String: String]) = (0, [:])
        // `100 Continue` and the like come before the answer, and so do those after which curl asks again by itself.
        repeat {
            guard let end = rest.firstRange(of: Data("\r\n\r\n".utf8)) else { break }
            let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
            status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            headers = [:]
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2 else { continue }
                headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
            }
            rest = rest[end.upperBound...]
        } while (100..<200).contains(status) || rest.starts(with: Data("HTTP/1.1 ".utf8))
        return Answer(status: status, headers: headers, body: Data(rest), exitStatus: run.status)
    }
}
