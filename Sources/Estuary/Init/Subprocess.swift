internal import Foundation
internal import Synchronization

/// Programs that do one thing and end.
enum Subprocess {
    /// What the program prints on standard output; standard error goes where this process's goes.
    ///
    /// - Throws: ``Failure`` where it can't be started or does not end with status 0.
    static func output(of program: String, _ arguments: [String]) async throws -> Data {
        let collected = Collected()
        let exit = try await withCheckedThrowingContinuation { continuation in
            do {
                _ = try ChildProcess(
                    program: program, arguments: arguments, mergesErrors: false, output: collected.append,
                    exited: { continuation.resume(returning: $0) })
            } catch {
                continuation.resume(throwing: error)
            }
        }
        guard exit == .status(0) else {
            throw Failure("\(URL(fileURLWithPath: program).lastPathComponent) \(exit).")
        }
        return collected.data
    }

    private final class Collected: Sendable {
        /// More than any of the programs prints; what comes after is dropped.
        private static let maximumBytes = 1 << 20

        private let bytes = Mutex(Data())

        var data: Data { bytes.withLock { $0 } }

        func append(_ new: UnsafeRawBufferPointer) {
            bytes.withLock { $0.append(contentsOf: new.prefix(Self.maximumBytes - $0.count)) }
        }
    }
}

/// The programs of Estuary, which are installed in one folder.
enum Programs {
    static let folder = URL(fileURLWithPath: Bundle.main.executablePath ?? CommandLine.arguments[0])
        .resolvingSymlinksInPath().deletingLastPathComponent().path

    /// - Throws: ``Failure`` where it is not there.
    static func path(_ name: String) throws -> String {
        let path = folder + "/" + name
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Failure(
                "\(name) is not beside this program, in \(folder).",
                hint: "Build all of them: swift build -c release.")
        }
        return path
    }
}
