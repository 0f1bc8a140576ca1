internal import ClusterProtocol
internal import Foundation
internal import GRDB

/// The tables of the search index.
enum IndexDatabase {
    /// An index of another version is thrown away.
    private static let version: Int64 = 3

    /// Opens an index that is there.
    ///
    /// - Throws: where it is missing, damaged or of another version: then it is to be made anew.
    static func open(path: String) throws -> DatabasePool {
        guard FileManager.default.fileExists(atPath: path) else {
            throw EventStoreError("There is none.")
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        let found = try pool.read { try Int64.fetchOne($0, sql: "PRAGMA user_version") }
        guard found == version else {
            throw EventStoreError("It is of version \(found ?? 0).")
        }
        return pool
    }

    static func create(path: String, identity: String) throws -> DatabasePool {
        try LogDatabase.createPrivateFile(path)
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.write { db in
            try db.execute(sql: schema)
            try db.execute(sql: "INSERT INTO owner (log) VALUES (?)", arguments: [identity])
            try db.execute(sql: "PRAGMA user_version = \(version)")
        }
        return pool
    }

    static func remove(path: String) throws {
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    /// Adds events, in the order of their places, to everything that they are found and counted by.
    static func insert(_ entries: [IndexEntry], _ db: Database) throws {
        let row = try db.cachedStatement(
            sql: """
                INSERT INTO entries
                    (place, id, time, type, source, label, decision, principal, serial, subject, names)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let terms = try db.cachedStatement(sql: "INSERT INTO found (rowid, terms) VALUES (?, ?)")
        for entry in entries {
            try row.execute(arguments: [
                entry.place, entry.id, entry.time, entry.type, entry.source, entry.label, entry.decision,
                entry.principal, entry.serial, entry.subject, entry.names,
            ])
            try terms.execute(arguments: [entry.place, entry.terms])
            try NewestCertificates.follow(entry, db)
        }
        try EventCounts.add(entries, db)
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "index"
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        return configuration
    }

    /// Equal values, words and parts of names are terms of one full-text table, so that any of them together are found by
    /// walking their lists of places side by side, the newest first. The columns of `entries` decide what really matches.
    private static let schema = """
        CREATE TABLE owner (log TEXT NOT NULL);
        CREATE TABLE entries (
            place INTEGER PRIMARY KEY,
            id TEXT NOT NULL,
            time TEXT NOT NULL,
            type TEXT NOT NULL,
            source TEXT NOT NULL,
            label TEXT,
            decision TEXT,
            principal TEXT,
            serial TEXT,
            subject TEXT,
            names TEXT
        );
        CREATE VIRTUAL TABLE found USING fts5
            (terms, content = '', detail = none, columnsize = 0, tokenize = 'ascii');
        """ + EventCounts.schema + NewestCertificates.schema
}
