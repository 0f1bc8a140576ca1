internal import Foundation
internal import Synchronization
internal import Testing

/// `openssl s_client`: a client whose TLS is not ours.
struct OpenSSLClient: Sendable {
    let port: Int

    /// Connects, waits for the end of the handshake, sends what the closure makes of what openssl has printed so far,
    /// and returns everything that it printed.
    func exchange(
        _ options: [String], request: @Sendable (String) throws -> String
    ) async throws -> String {
        let output = FileManager.default.temporaryDirectory.appending(path: "s_client-\(UUID().uuidString)")
        try Data().write(to: output)
        defer { try? FileManager.default.removeItem(at: output) }
        let command =
            (["openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-ign_eof", "-nocommands"] + options)
            .map { "'\($0)'" }.joined(separator: " ")
        // Not Foundation's Process: it lists this process's descriptors, and with as many of them as these tests have it
        // reads past the end of the list and crashes (swift-corelibs-foundation 6.3.1, findMaximumOpenFromProcSelfFD).
        let stream = try #require(popen("exec \(command) > '\(output.path)' 2>&1", "w"))
        let ended = Flag()
        func printed() throws -> String {
            String(decoding: try Data(contentsOf: output), as: UTF8.self)
        }
        do {
            try await eventually("openssl is connected") { try printed().contains("Verify return code") }
            fputs(try request(try printed()), stream)
        } catch {
            ended.closeAndWait(for: stream)
            throw error
        }
        // openssl takes no notice of the end of its input: it ends with the connection.
        ended.closeAndWait(for: stream)
        try await eventually("the answer is there") { try printed().contains("HTTP/1.1 ") && ended.isSet }
        return try printed()
    }

    /// Set once a command has ended.
    private final class Flag: Sendable {
        private let state = Mutex(false)

        var isSet: Bool { state.withLock { $0 } }

        /// Closes a command's input, and waits for its end on a thread of its own.
        func closeAndWait(for stream: UnsafeMutablePointer<FILE>) {
            nonisolated(unsafe) let stream = stream  // Nobody else uses it from here on.
            Thread.detachNewThread {
                pclose(stream)
                self.state.withLock { $0 = true }
            }
        }
    }

    /// The value of the exporter in what openssl printed, base64.
    static func exporter(in printed: String) throws -> String {
        let line = try #require(printed.split(separator: "\n").first { $0.contains("Keying material: ") })
        let digits = Array(line.split(separator: " ").last ?? "")
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        return Data(bytes).base64EncodedString()
    }
}
