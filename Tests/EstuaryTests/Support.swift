internal import Foundation

/// A folder that is gone after the test. Its path is short: sockets have to fit below it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/estuary-" + UUID().uuidString.prefix(8).lowercased()
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String {
        path + "/" + name
    }

    func write(_ text: String, to name: String, executable: Bool = false) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
        if executable {
            // Another process writes what is executed: a process that another test starts at this moment would inherit
            // this one's descriptor, and the kernel executes no file that is open for writing («Text file busy»).
            let copy = try Process.run(
                URL(fileURLWithPath: "/usr/bin/install"), arguments: ["-m", "755", file(name), file(name) + ".copy"])
            copy.waitUntilExit()
            guard rename(file(name) + ".copy", file(name)) == 0 else { throw POSIXError(.EIO) }
        }
        return file(name)
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: file(name))), as: UTF8.self)
    }
}

/// Waits for a condition, for a minute at most.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let limit = ContinuousClock.now.advanced(by: .seconds(60))
    while try await !condition() {
        guard ContinuousClock.now < limit else { return false }
        try await Task.sleep(for: .milliseconds(5))
    }
    return true
}
