internal import Dispatch
internal import Foundation
internal import Synchronization

/// What is to be undone where a run is broken off: the processes that it started, and its scratch folder.
enum Interruption {
    private struct State {
        var processes: Set<pid_t> = []
        var folder: String?
    }

    private static let state = Mutex(State())

    /// Ends the processes and removes the folder where SIGINT, SIGTERM or SIGHUP comes.
    static func expect(removing folder: String) {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { undo(number) }
            source.resume()
            // It lives as long as the process.
            _ = Unmanaged.passRetained(source as AnyObject)
        }
        state.withLock { $0.folder = folder }
    }

    static func started(_ process: pid_t) { _ = state.withLock { $0.processes.insert(process) } }
    static func ended(_ process: pid_t) { _ = state.withLock { $0.processes.remove(process) } }

    private static func undo(_ number: Int32) {
        // Held for good: nothing is started any more.
        state.withLock { state in
            for process in state.processes { kill(process, SIGTERM) }
            // `estuary up` ends its own in order first; then nobody writes into the folder.
            let deadline = ContinuousClock.now + .seconds(15)
            for process in state.processes {
                while waitpid(process, nil, WNOHANG) == 0 {
                    if ContinuousClock.now > deadline { kill(process, SIGKILL) }
                    // The process ends here, and nothing else is left to run on this thread.
                    usleep(20_000)
                }
            }
            if let folder = state.folder { try? FileManager.default.removeItem(atPath: folder) }
            _exit(128 + number)
        }
    }
}
