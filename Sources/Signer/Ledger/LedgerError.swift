internal import GRDB

/// What can be wrong with the ledger itself.
struct LedgerError: Error, Equatable, CustomStringConvertible {
    var description: String

    /// More operations wait for the disk than the configuration allows.
    static let busy = LedgerError(description: "too many operations wait for the ledger")
    /// An operation was delivered without having run: a programming error.
    static let notRun = LedgerError(description: "the operation did not run")

    static func newerSchema(path: String) -> LedgerError {
        LedgerError(
            description: "\(path) was written by a newer version of Estuary (its schema is newer than "
                + "\(LedgerSchema.version)). Start that version, or restore a backup made by this one.")
    }

    static func notDurable(_ setting: String) -> LedgerError {
        LedgerError(description: "the ledger does not keep what it commits: \(setting)")
    }

    static func anotherAuthority(path: String, name: String) -> LedgerError {
        LedgerError(
            description:
                "\(path) belongs to another CA: its authority «\(name)» has another key than the configuration's. "
                + "Point `ledger` to this CA's ledger, or `authorities` to the ledger's CA.")
    }

    /// Whether SQLite itself failed (disk full, I/O, corruption), so that the batch can't go on.
    static func isStorageFailure(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return false }
        return switch error.resultCode {
        case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_RANGE, .SQLITE_ERROR, .SQLITE_MISUSE: false
        default: true
        }
    }
}
