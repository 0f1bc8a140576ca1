internal import Foundation
internal import Testing

/// The EST server in `Python/est_server.py`, which explains itself: nothing of it is ours.
final class ForeignServer: Sendable {
    /// A line of its log.
    struct Entry: Equatable {
        var label: String
        var operation: String
        var status: Int
        /// SHA-256 of the request's public key; `-` where there is none.
        var key: String
        /// The subject of the certificate that the client showed; `-` for none.
        var client: String
    }

    let directory: String
    let address: String
    private let process: ClusterProcess

    private static let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Python/est_server.py").path

    private init(directory: String, address: String, process: ClusterProcess) {
        self.directory = directory
        self.address = address
        self.process = process
    }

    deinit {
        if process.isRunning { process.signal(SIGKILL) }
        // What stays behind in the temporary folder is not worth a failed test.
        try? FileManager.default.removeItem(atPath: directory)
    }

    static func running() async throws -> ForeignServer {
        let python = try InstalledProgram.require("python3", package: "python3")
        let directory = "/tmp/est-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let process = try ClusterProcess(
            name: "est_server.py", executable: python, arguments: [program, directory], environment: [:],
            log: "\(directory)/output")
        let portFile = "\(directory)/port"
        try await wait("the other EST server serves", limit: .seconds(60)) {
            try #require(
                process.isRunning, "\((try? String(contentsOfFile: "\(directory)/output", encoding: .utf8)) ?? "")")
            return FileManager.default.fileExists(atPath: portFile)
        }
        let port = try String(contentsOfFile: portFile, encoding: .utf8)
        return ForeignServer(directory: directory, address: "127.0.0.1:\(port)", process: process)
    }

    var root: String { "\(directory)/root.pem" }
    var issuing: String { "\(directory)/issuing.pem" }
    static let user = ["--user", "pump"]
    static let password = "s3cret:with colon"
    /// The certificate of a maker, which the server trusts for a first enrollment.
    var maker: [String] {
        ["--client-certificate", "\(directory)/maker.pem", "--client-key", "\(directory)/maker.key"]
    }

    func log() throws -> [Entry] {
        guard FileManager.default.fileExists(atPath: "\(directory)/log") else { return [] }
        return try String(contentsOfFile: "\(directory)/log", encoding: .utf8).split(separator: "\n").map { line in
            let words = line.split(separator: " ", maxSplits: 4).map(String.init)
            try #require(words.count == 5)
            return Entry(
                label: words[0], operation: words[1], status: try #require(Int(words[2])), key: words[3],
                client: words[4])
        }
    }

    /// A new device that talks to this server.
    func device(label: String? = nil) throws -> DeviceFolder {
        try DeviceFolder(
            in: directory, server: "https://\(address)" + (label.map { "/.well-known/est/\($0)" } ?? ""),
            trustAnchor: root)
    }
}
