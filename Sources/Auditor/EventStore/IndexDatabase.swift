internal import ClusterProtocol
internal import Foundation
internal import GRDB

/// The tables of the search index.
enum IndexDatabase {
    /// An index of another version is thrown away.
    private static let version: Int64 = 1

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

    static func insert(_ entry: IndexEntry, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO entries (place, id, time, type, source, label, decision, principal, serial, text)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            entry.place, entry.id, entry.time, entry.type, entry.source, entry.label, entry.decision, entry.principal,
            entry.serial, entry.text,
        ])
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "index"
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        return configuration
    }

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
            text TEXT
        );
        CREATE INDEX entries_time ON entries (time);
        CREATE INDEX entries_type ON entries (type);
        CREATE INDEX entries_source ON entries (source);
        CREATE INDEX entries_label ON entries (label);
        CREATE INDEX entries_decision ON entries (decision);
        CREATE INDEX entries_principal ON entries (principal);
        CREATE INDEX entries_serial ON entries (serial);
        """
}

/// What the index keeps of an event.
struct IndexEntry: Sendable {
    let place: Int64
    let id: String
    let time: String
    let type: String
    let source: String
    let label: String?
    let decision: String?
    let principal: String?
    let serial: String?
    /// Subject and names in lower case, one a line: what a part of a name is looked for in.
    let text: String?

    /// A line of the log was checked before it was stored; one that can't be read even so is indexed as `unreadable`, so
    /// that it is found rather than stopping the index.
    init(place: Int64, line: String) {
        self.place = place
        guard let event = try? AuditEvent(line: line) else {
            (id, time, type, source) = ("", "", "unreadable", "")
            (label, decision, principal, serial, text) = (nil, nil, nil, nil, nil)
            return
        }
        id = event.id
        time = event.time
        type = event.type.rawValue
        source = event.source
        label = event.label
        decision = event.decision?.rawValue
        principal = event.principal
        serial = event.serial?.lowercased()
        let names = ([event.subject].compactMap(\.self) + (event.names ?? [])).map { $0.lowercased() }
        text = names.isEmpty ? nil : names.joined(separator: "\n")
    }
}
