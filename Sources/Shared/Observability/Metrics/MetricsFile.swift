internal import Foundation
package import Logging

/// Writes a registry to a file for the node exporter's textfile collector.
///
/// The file is replaced by a rename, so that a reader sees the old text or the new one, never half of one.
package struct MetricsFile: Sendable {
    package let path: String
    private let registry: MetricsRegistry

    /// - Parameter path: Must end in `.prom`, or the collector does not read it.
    package init(path: String, registry: MetricsRegistry) {
        self.path = path
        self.registry = registry
    }

    /// Writes the metrics as they are now.
    ///
    /// - Throws: `POSIXError` of the step that failed; then the old file stays.
    package func write() throws {
        let temporary = "\(path).\(ProcessInfo.processInfo.processIdentifier).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        do {
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
            defer { try? handle.close() }
            // Another user's collector reads it, whatever this process's umask is. Metrics hold no secret.
            guard fchmod(descriptor, 0o644) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
            try handle.write(contentsOf: Data(registry.render().utf8))
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw POSIXError(.init(rawValue: code) ?? .EIO)
        }
    }

    /// Writes again and again until the task is cancelled. A failure is logged when it begins and when it ends.
    package func run(every interval: Duration = .seconds(15), logger: Logger) async {
        var failing = false
        while !Task.isCancelled {
            do {
                try write()
                if failing {
                    logger.notice("Metrics file is written again", metadata: ["metrics.path": "\(path)"])
                }
                failing = false
            } catch {
                if !failing {
                    logger.error(
                        "Metrics file can't be written",
                        metadata: ["metrics.path": "\(path)", "error": "\(error)"])
                }
                failing = true
            }
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }
}
