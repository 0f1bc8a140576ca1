internal import FaultInjection
internal import Foundation
internal import GRDB

/// The database that holds the log: every event once, by its place; the runs that they belong to; the known nodes.
///
/// A line, once stored, never changes: triggers refuse it, so that a slip in this program can't do it either.
enum LogDatabase {
    /// The schema that this program reads and writes. It refuses a file of a newer one.
    static let schemaVersion: Int64 = 4

    /// Marks the file as an event log of Estuary ("EsLg").
    static let applicationID: Int64 = 0x4573_4C67

    /// Opens the log, or makes an empty one that only this user may read.
    ///
    /// - Throws: ``EventStoreError`` where the file is of something else or of a newer version; `DatabaseError`.
    static func open(path: String, faults: FaultHook = .none) throws -> DatabasePool {
        try createPrivateFile(path)
        var configuration = Configuration()
        configuration.label = "events"
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        let pool = try DatabasePool(path: path, configuration: configuration)
        // GRDB sets NORMAL when it turns WAL on, after any `prepareDatabase`: an acknowledged event could be lost with
        // the machine's power. So FULL is set on the one writer connection, now.
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
        }
        try faults.around(.logSchema) {
            try pool.write { db in
                try migrate(db, path: path)
            }
        }
        return pool
    }

    private static func migrate(_ db: Database, path: String) throws {
        let version = try Int64.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        let application = try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let isEmpty = try Int64.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
        guard isEmpty || application == applicationID else {
            throw EventStoreError("\(path) is not an event log of Estuary.")
        }
        guard version <= schemaVersion else {
            throw EventStoreError(
                "\(path) has schema \(version) and this program knows \(schemaVersion): it was written by a newer"
                    + " version of Estuary. Start that version.")
        }
        if version < 1 {
            try db.execute(sql: schema1)
            try db.execute(
                sql: "INSERT INTO log (identity) VALUES (?)", arguments: [UUID().uuidString.lowercased()])
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: "PRAGMA user_version = 1")
        }
        if version < 2 {
            // The tree of what is there already is made by whoever opens the store (``LogTree``).
            try db.execute(sql: schema2)
            try db.execute(sql: "PRAGMA user_version = 2")
        }
        if version < 3 {
            try db.execute(sql: schema3)
            try db.execute(sql: "PRAGMA user_version = 3")
        }
        if version < 4 {
            try db.execute(sql: CosignatureTable.schema)
            try db.execute(sql: "PRAGMA user_version = 4")
        }
    }

    static let schema1 = """
        CREATE TABLE log (
            identity TEXT NOT NULL
        );
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            source TEXT NOT NULL,
            run TEXT NOT NULL,
            last_sequence INTEGER NOT NULL,
            last_stored_at INTEGER NOT NULL,
            closed INTEGER NOT NULL,
            UNIQUE (source, run)
        );
        CREATE TABLE events (
            place INTEGER PRIMARY KEY,
            run_id INTEGER NOT NULL REFERENCES runs (id),
            sequence INTEGER NOT NULL,
            stored_at INTEGER NOT NULL,
            line TEXT NOT NULL,
            UNIQUE (run_id, sequence)
        );
        CREATE TABLE nodes (
            name TEXT PRIMARY KEY,
            description TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
            BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
        CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
            BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
        """

    /// The tree over the events' lines, by tiles of 256 hashes of 32 bytes, and its newest signed checkpoint.
    static let schema2 = """
        CREATE TABLE tiles (
            level INTEGER NOT NULL,
            number INTEGER NOT NULL,
            hashes BLOB NOT NULL,
            PRIMARY KEY (level, number)
        ) WITHOUT ROWID;
        CREATE TABLE checkpoint (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            size INTEGER NOT NULL,
            time INTEGER NOT NULL,
            note TEXT NOT NULL
        );
        """

    /// Nothing stands here that an auditor of the log could not verify: times other than the events' own are gone. What
    /// `log.pruned` covers may be deleted, and the list of nodes has a digest that the log has signed (``NodeList``).
    private static let schema3 = """
        ALTER TABLE events DROP COLUMN stored_at;
        ALTER TABLE checkpoint DROP COLUMN time;
        ALTER TABLE runs RENAME COLUMN last_stored_at TO last_event_at;
        ALTER TABLE runs ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;
        UPDATE runs SET last_event_at = ifnull(CAST(strftime('%s', (
            SELECT json_extract(line, '$.time') FROM events WHERE run_id = runs.id AND sequence = last_sequence
        )) AS INTEGER), 0);
        ALTER TABLE log ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;
        DROP TRIGGER events_are_not_deleted;
        CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events WHEN old.place > (SELECT pruned FROM log)
            BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
        CREATE TABLE node_list (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            note TEXT NOT NULL
        );
        """

    /// SQLite gives `-wal` and `-shm` the mode of the database file.
    static func createPrivateFile(_ path: String) throws {
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw EventStoreError("\(path) can't be opened: \(String(cString: strerror(errno))).")
        }
        Foundation.close(descriptor)
    }
}

/// Why an event store can't be opened.
package struct EventStoreError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
