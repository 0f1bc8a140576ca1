internal import Foundation
internal import Testing

/// What a test needs from Debian. Where it is not there the test fails and says what to install.
enum InstalledProgram {
    /// The path of a program or file.
    ///
    /// - Parameter name: a path, or a name to look for in PATH.
    static func require(
        _ name: String, package: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        let candidates = name.hasPrefix("/") ? [name] : folders.map { "\($0)/\(name)" }
        return try #require(
            candidates.first { FileManager.default.isReadableFile(atPath: $0) },
            "\(name) is not there: install the Debian package \(package), as scripts/test does",
            sourceLocation: sourceLocation)
    }
}
