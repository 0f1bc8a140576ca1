internal import ProcessLife

/// Held for as long as a process runs a cluster: two of them on one state directory would fight.
final class StateLock {
    private let lock: ExclusiveLock

    /// - Throws: ``Failure`` where another process holds it.
    init(_ state: StateDirectory) throws {
        do {
            lock = try ExclusiveLock(path: state.lock)
        } catch let error as ExclusiveLockError {
            switch error.reason {
            case .held(let process):
                throw Failure(
                    "The cluster in \(state.path) is running already\(process.map { " (process \($0))" } ?? "").",
                    hint: "See how it is with `estuary status --state \(state.quoted)`.")
            case .unusable(let reason):
                throw Failure(
                    "\(state.lock) can't be opened: \(reason).",
                    hint: "Run the command as the user who owns \(state.path).")
            }
        }
    }
}
