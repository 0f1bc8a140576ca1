internal import Foundation
internal import Testing

/// A device on Python's `ssl`, whose tls-unique value is OpenSSL's.
struct PythonClient {
    /// A line that it prints: what it did, and what it got.
    struct Step: Equatable {
        var step: String
        var isResumed: Bool
        var version: String
        var status: Int
        var text: String
    }

    private static let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Python/bound_client.py").path

    let cluster: TestCluster
    let version: String
    let label: String
    let secret: String
    /// Under which the enrolled names are.
    let name: String
    var frontend = 1

    /// - Parameter steps: what `bound_client.py` explains.
    func run(_ steps: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws -> [Step] {
        _ = try InstalledProgram.require("python3", package: "python3")
        let text = try await CommandRun.text(
            [
                "python3", Self.program, cluster.address(frontend: frontend), cluster.trustAnchor, version, label,
                secret,
                name,
            ] + steps, sourceLocation: sourceLocation)
        return try text.split(separator: "\n").map { line in
            let words = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
            try #require(words.count == 5, "\(line)", sourceLocation: sourceLocation)
            return Step(
                step: words[0], isResumed: words[1] == "resumed", version: words[2], status: Int(words[3]) ?? 0,
                text: words[4])
        }
    }
}
