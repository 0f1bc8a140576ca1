internal import ClusterProtocol
internal import Foundation
internal import GRDB

/// The nodes of which the signer has told the auditor, kept so that a restart knows them while the signer is away.
enum KnownNodes {
    static func replace(_ nodes: [NodeDescription], _ db: Database) throws {
        try db.execute(sql: "DELETE FROM nodes")
        let insert = try db.cachedStatement(sql: "INSERT OR REPLACE INTO nodes (name, description) VALUES (?, ?)")
        for node in nodes {
            let description = String(decoding: try JSONEncoder().encode(node), as: UTF8.self)
            try insert.execute(arguments: [node.name, description])
        }
    }

    static func fetch(_ db: Database) throws -> [NodeDescription] {
        try String.fetchAll(db, sql: "SELECT description FROM nodes ORDER BY name").map { description in
            try JSONDecoder().decode(NodeDescription.self, from: Data(description.utf8))
        }
    }
}
