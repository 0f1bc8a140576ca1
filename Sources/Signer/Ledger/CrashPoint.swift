internal import Foundation
internal import Synchronization

/// Instants at which a test ends the process without warning, to see what a restart finds.
///
/// Set by the environment variable `ESTUARY_CRASH_POINT` of a debug build; a release build has none of this. Only
/// transactions that issue a certificate count, so that the process gets as far as its first enrollment, and the import of
/// a restored ledger.
enum CrashPoint: String {
    case beforeCommit = "before-commit"
    case afterCommit = "after-commit"
    /// A page of events has come into a restored ledger, and more are to come.
    case duringImport = "during-import"

    #if DEBUG
    private static let chosen = ProcessInfo.processInfo.environment["ESTUARY_CRASH_POINT"]
    private static let isArmed = Mutex(false)

    /// Called where a batch holds an issuance.
    static func arm() {
        isArmed.withLock { $0 = true }
    }

    func reached() {
        guard Self.chosen == rawValue, Self.isArmed.withLock({ $0 }) else { return }
        kill(getpid(), SIGKILL)
    }
    #else
    static func arm() {}

    func reached() {}
    #endif
}
