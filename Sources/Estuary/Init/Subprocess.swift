internal import Foundation
internal import Synchronization

/// Programs that do one thing and end.
enum Subprocess {
    /// What the program prints on standard output; standard error goes where this process's goes.
    ///
    /// Kills the program where the task is cancelled.
    ///
    /// - Throws: ``Failure`` where it can't be started or does not end with status 0.
    static func output(of program: String, _ arguments: [String]) async throws -> Data {
        let collected = Collected()
        let running = Running()
        let exit = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                do {
                    running.started(
                        try ChildProcess(
                            program: program, arguments: arguments, mergesErrors: false, output: collected.append,
                            exited: { continuation.resume(returning: $0) }))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            running.kill()
        }
        try Task.checkCancellation()
        guard exit == .status(0) else {
            throw Failure("\(URL(fileURLWithPath: program).lastPathComponent) \(exit).")
        }
        return collected.data
    }

    /// The process, which may be killed before it is started.
    private final class Running: Sendable {
        private struct State {
            var child: ChildProcess?
            var isKilled = false
        }

        private let state = Mutex(State())

        func started(_ child: ChildProcess) {
            state.withLock { state in
                state.child = child
                if state.isKilled { child.kill() }
            }
        }

        func kill() {
            state.withLock { state in
                state.isKilled = true
                state.child?.kill()
            }
        }
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
