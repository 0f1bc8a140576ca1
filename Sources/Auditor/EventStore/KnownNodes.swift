internal import ClusterProtocol
internal import Foundation
internal import GRDB
internal import LogVerification
internal import TransparencyLog

/// The nodes of which the signer has told the auditor, kept so that a restart knows them while the signer is away.
enum KnownNodes {
    static func replace(_ nodes: [NodeDescription], signer: NoteSigner, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM nodes")
        let insert = try db.cachedStatement(sql: "INSERT OR REPLACE INTO nodes (name, description) VALUES (?, ?)")
        for node in nodes {
            let description = String(decoding: try JSONEncoder().encode(node), as: UTF8.self)
            try insert.execute(arguments: [node.name, description])
        }
        try sign(signer, db)
    }

    /// Signs the list where that has not been done: a store of an earlier version has none.
    static func completeSignature(_ signer: NoteSigner, _ db: Database) throws {
        if try String.fetchOne(db, sql: "SELECT note FROM node_list") == nil { try sign(signer, db) }
    }

    private static func sign(_ signer: NoteSigner, _ db: Database) throws {
        let note = try NodeList(db).signed(by: signer)
        try db.execute(
            sql: "INSERT OR REPLACE INTO node_list (id, note) VALUES (1, ?)",
            arguments: [String(decoding: note.bytes, as: UTF8.self)])
    }

    static func fetch(_ db: Database) throws -> [NodeDescription] {
        try String.fetchAll(db, sql: "SELECT description FROM nodes ORDER BY name").map { description in
            try JSONDecoder().decode(NodeDescription.self, from: Data(description.utf8))
        }
    }
}
