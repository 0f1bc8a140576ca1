internal import Foundation
internal import Synchronization

/// `openssl s_client`: a client whose TLS is not ours.
package struct OpenSSLClient: Sendable {
    package let port: Int

    package init(port: Int) {
        self.port = port
    }

    /// `openssl` did not do what was expected of it; what it printed.
    package struct Unexpected: Error {
        package var printed: String
    }

    /// No exchange takes longer.
    private static let limit = Duration.seconds(60)

    /// Connects, waits for the end of the handshake, sends what the closure makes of what openssl has printed so far,
    /// and returns everything that it printed.
    package func exchange(
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
        guard let stream = popen("exec \(command) > '\(output.path)' 2>&1", "w") else {
            throw Unexpected(printed: "no process: \(errno)")
        }
        let ended = Flag()
        func printed() throws -> String {
            String(decoding: try Data(contentsOf: output), as: UTF8.self)
        }
        do {
            try await Self.wait(until: { ended.isSet || $0.contains("Verify return code") }, printed)
            fputs(try request(try printed()), stream)
        } catch {
            ended.closeAndWait(for: stream)
            throw error
        }
        // openssl takes no notice of the end of its input: it ends with the connection.
        ended.closeAndWait(for: stream)
        try await Self.wait(until: { ended.isSet && $0.contains("HTTP/1.1 ") }, printed)
        return try printed()
    }

    private static func wait(
        until isTrue: (String) -> Bool, _ printed: () throws -> String
    ) async throws {
        let end = ContinuousClock.now + limit
        while !isTrue(try printed()) {
            guard ContinuousClock.now < end else { throw Unexpected(printed: try printed()) }
            try await Task.sleep(for: .milliseconds(10))
        }
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
    package static func exporter(in printed: String) throws -> String {
        guard let line = printed.split(separator: "\n").first(where: { $0.contains("Keying material: ") }) else {
            throw Unexpected(printed: printed)
        }
        let digits = Array(line.split(separator: " ").last ?? "")
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        return Data(bytes).base64EncodedString()
    }
}
