internal import Foundation
internal import Logging

/// A log handler that makes one line of each entry.
struct LineLogHandler: LogHandler {
    let label: String
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    let output: LogOutput

    init(label: String, level: Logger.Level, output: LogOutput) {
        self.label = label
        logLevel = level
        self.output = output
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var entry = LogEntry(
            time: Date.now, level: event.level, logger: label, message: event.message.description,
            fields: metadata)
        if let metadataProvider {
            entry.fields.merge(metadataProvider.get()) { $1 }
        }
        if let given = event.metadata {
            entry.fields.merge(given) { $1 }
        }
        if let error = event.error {
            entry.fields["error"] = .string("\(error)")
        }
        output.write(output.writesJSON ? entry.json : entry.text)
    }
}
