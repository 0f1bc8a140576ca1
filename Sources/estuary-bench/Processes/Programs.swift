internal import Foundation

/// The programs of Estuary, which were built into one folder with this one.
enum Programs {
    static let folder = URL(fileURLWithPath: Bundle.main.executablePath ?? CommandLine.arguments[0])
        .resolvingSymlinksInPath().deletingLastPathComponent().path

    /// - Throws: ``BenchFailure`` where it is not there.
    static func path(_ name: String) throws -> String {
        let path = folder + "/" + name
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw BenchFailure("\(name) is not beside estuary-bench: scripts/bench builds all of them.")
        }
        return path
    }
}
