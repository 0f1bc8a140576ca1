internal import ClusterProtocol
internal import Foundation
internal import GRDB

/// What a ledger says of its own restore, until that is done.
enum RestoreTable {
    private static let tallyKey = "restore:tally"

    /// That it is a backup's; nil where it is not, or was brought up to date.
    static func mark(_ db: Database) throws -> RestoreMark? {
        try MetaTable.string(db, RestoreMark.metaKey).map(RestoreMark.init(text:))
    }

    /// How far the import has come; nil where none has begun.
    static func tally(_ db: Database) throws -> ImportTally? {
        try MetaTable.string(db, tallyKey).map { try JSONDecoder().decode(ImportTally.self, from: Data($0.utf8)) }
    }

    static func setTally(_ db: Database, _ tally: ImportTally) throws {
        try MetaTable.set(db, tallyKey, String(decoding: try JSONEncoder().encode(tally), as: UTF8.self))
    }

    static func end(_ db: Database) throws {
        try db.execute(sql: "DELETE FROM meta WHERE key IN (?, ?)", arguments: [RestoreMark.metaKey, tallyKey])
    }
}
