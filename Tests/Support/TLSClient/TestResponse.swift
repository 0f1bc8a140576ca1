internal import Foundation

/// An answer as it came.
package struct TestResponse: Sendable, Equatable {
    package struct HeaderLine: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    package var status: Int
    /// As they came, in order.
    package var headerLines: [HeaderLine]
    package var body: [UInt8]
    /// The whole answer, from the status line to the body's end.
    package var bytes: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// By lower-case name.
    package var headers: [String: [String]] {
        headerLines.reduce(into: [:]) { $0[$1.name.lowercased(), default: []].append($1.value) }
    }

    package func header(_ name: String) -> String? {
        headerLines.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The whole answer without the line that tells the time: what two answers are compared by.
    package var bytesWithoutDate: [UInt8] {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return bytes }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let others = lines.filter { !$0.lowercased().hasPrefix("date:") }
        return Array(others.joined(separator: "\r\n").utf8) + bytes[end.lowerBound...]
    }

    /// Whether everything but the time is the same, byte for byte.
    package func isLike(_ other: TestResponse) -> Bool {
        bytesWithoutDate == other.bytesWithoutDate
    }

    /// The first whole answer in the bytes, and how many it takes. Only with Content-Length, or without a body.
    package static func parse(_ bytes: [UInt8], toHead: Bool = false) -> (TestResponse, Int)? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
        let headerLines = lines.dropFirst().compactMap { line -> HeaderLine? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return HeaderLine(
                name: String(line[..<colon]),
                value: line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
        }
        var response = TestResponse(status: status, headerLines: headerLines, body: [], bytes: [])
        let hasBody = status >= 200 && status != 204 && status != 304 && !toHead
        let length = hasBody ? response.header("Content-Length").flatMap { Int($0) } ?? 0 : 0
        guard length >= 0, bytes.count >= end.upperBound + length else { return nil }
        response.body = Array(bytes[end.upperBound..<(end.upperBound + length)])
        response.bytes = Array(bytes[..<(end.upperBound + length)])
        return (response, end.upperBound + length)
    }
}
