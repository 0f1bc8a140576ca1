internal import GRDB
internal import TransparencyLog

/// What the signer has verified and cosigned of the auditor's log: its newest checkpoint.
struct WitnessedLog: Sendable, Equatable {
    /// The key by which the log signed it.
    let key: NoteVerifierKey
    let note: SignedNote
    let checkpoint: Checkpoint

    /// - Throws: ``TransparencyLogError`` unless the log of this key has signed the note.
    init(key: NoteVerifierKey, note: SignedNote) throws {
        self.key = key
        self.note = note
        checkpoint = try Checkpoint.verified(note, by: key)
    }

    var text: String { String(decoding: note.bytes, as: UTF8.self) }
}

/// What the ledger keeps of the log: the checkpoint that was cosigned last, and the alarm.
enum WitnessTable {
    private static let keyEntry = "witness:log-key"
    private static let noteEntry = "witness:checkpoint"
    private static let alarmEntry = "witness:alarm"
    private static let alarmRecordedEntry = "witness:alarm-recorded"

    /// nil before the first checkpoint.
    static func log(_ db: Database) throws -> WitnessedLog? {
        guard let key = try MetaTable.string(db, keyEntry), let note = try MetaTable.string(db, noteEntry) else {
            return nil
        }
        return try WitnessedLog(key: NoteVerifierKey(parsing: key), note: SignedNote(parsing: Array(note.utf8)))
    }

    static func set(_ db: Database, _ log: WitnessedLog) throws {
        try MetaTable.set(db, keyEntry, log.key.description)
        try MetaTable.set(db, noteEntry, log.text)
    }

    /// Why the log is not believed; nil where it is.
    static func alarm(_ db: Database) throws -> String? {
        try MetaTable.string(db, alarmEntry).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// When the last alarm's event was recorded, in seconds since 1970.
    static func alarmRecordedAt(_ db: Database) throws -> Int64? {
        try MetaTable.integer(db, alarmRecordedEntry)
    }

    static func setAlarmRecorded(_ db: Database, at now: Int64) throws {
        try MetaTable.set(db, alarmRecordedEntry, now)
    }

    static func setAlarm(_ db: Database, _ alarm: String?) throws {
        if try self.alarm(db) != alarm { try MetaTable.set(db, alarmEntry, alarm ?? "") }
    }
}
