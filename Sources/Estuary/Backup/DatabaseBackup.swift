internal import ClusterProtocol
internal import Foundation
internal import GRDB

/// Copies of databases that are in use.
enum DatabaseBackup {
    /// Copies a database as it is at one moment, while its process goes on writing, into one file.
    static func copy(_ source: String, to path: String) throws {
        try BackupFile.write(Data(), to: path, mode: 0o600)
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(30)
            let from = try DatabaseQueue(path: source, configuration: configuration)
            let to = try DatabaseQueue(path: path)
            // All pages in one step: one read transaction, which sees one commit.
            try from.backup(to: to)
            try to.writeWithoutTransaction { db in
                // No other file belongs to the copy then.
                try db.execute(sql: "PRAGMA journal_mode = DELETE")
            }
            try from.close()
            try to.close()
        } catch let error as DatabaseError {
            throw Failure(
                "\(source) can't be copied: \(error.message ?? "\(error.resultCode)").",
                hint: "Run the command as the user whose process uses it, or as root.")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BackupFile.failure(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw BackupFile.failure(path) }
    }

    /// What a copy of the ledger says of itself.
    ///
    /// - Throws: ``Failure`` where it is damaged, or no ledger.
    static func ledger(_ path: String) throws -> BackupManifest.Ledger {
        try read(path, "ledger of a signer") { db in
            BackupManifest.Ledger(
                incarnation: try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'incarnation'") ?? "",
                lastSequence: try Int64.fetchOne(db, sql: "SELECT MAX(sequence) FROM outbox") ?? 0,
                delivered: try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'delivered'") ?? 0,
                certificates: try Int64.fetchOne(db, sql: "SELECT COUNT(*) FROM certificate") ?? 0,
                schema: try Int64.fetchOne(
                    db, sql: "SELECT MAX(CAST(identifier AS INTEGER)) FROM grdb_migrations") ?? 0)
        }
    }

    /// Notes in a restored ledger that it is a backup's.
    static func mark(_ path: String, _ mark: RestoreMark) throws {
        do {
            let ledger = try DatabaseQueue(path: path)
            try ledger.write { db in
                try db.execute(
                    sql: "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
                    arguments: [RestoreMark.metaKey, try mark.text])
            }
            try ledger.close()
        } catch let error as DatabaseError {
            throw Failure("\(path) can't be written: \(error.message ?? "\(error.resultCode)").")
        }
    }

    private static func read<Result>(_ path: String, _ what: String, _ body: (Database) throws -> Result) throws
        -> Result
    {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            return try DatabaseQueue(path: path, configuration: configuration).read { db in
                for text in try String.fetchAll(db, sql: "PRAGMA integrity_check(5)") where text != "ok" {
                    throw Failure("\(path) is damaged: \(text)")
                }
                return try body(db)
            }
        } catch let error as DatabaseError {
            throw Failure("\(path) is no \(what): \(error.message ?? "\(error.resultCode)").")
        }
    }
}
