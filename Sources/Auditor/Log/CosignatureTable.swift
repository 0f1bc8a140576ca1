internal import GRDB
internal import TransparencyLog

/// The newest checkpoint that the log's witness has cosigned (C2SP tlog-cosignature).
enum CosignatureTable {
    static let schema = """
        CREATE TABLE cosignature (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            note TEXT NOT NULL,
            witness TEXT NOT NULL
        );
        """

    static func fetch(_ db: Database) throws -> SignedNote? {
        try String.fetchOne(db.cachedStatement(sql: "SELECT note FROM cosignature")).map {
            try SignedNote(parsing: Array($0.utf8))
        }
    }

    static func store(_ cosigned: CosignedCheckpoint, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO cosignature (id, note, witness) VALUES (1, ?, ?)")
            .execute(arguments: [
                String(decoding: cosigned.note.bytes, as: UTF8.self), cosigned.witness.description,
            ])
    }
}
