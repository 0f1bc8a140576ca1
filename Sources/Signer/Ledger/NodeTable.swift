internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB

/// The nodes that may talk to the signer and the auditor, and their CURVE keys.
enum NodeTable {
    static func all(_ db: Database) throws -> [NodeDescription] {
        try Row.fetchAll(db, sql: "SELECT * FROM node ORDER BY name").map { try node(db, row: $0) }
    }

    static func find(_ db: Database, name: String) throws -> NodeDescription? {
        try Row.fetchOne(db, sql: "SELECT * FROM node WHERE name = ?", arguments: [name]).map { try node(db, row: $0) }
    }

    /// The node that a key belongs to.
    static func owner(_ db: Database, publicKey: String) throws -> String? {
        try String.fetchOne(db, sql: "SELECT node FROM node_key WHERE public_key = ?", arguments: [publicKey])
    }

    static func insert(_ db: Database, _ node: NodeDescription) throws {
        try db.execute(
            sql: """
                INSERT INTO node (name, role, labels, hosts, added_at, invitation) VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                node.name, node.role.rawValue,
                try node.labels.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) },
                String(decoding: try JSONEncoder().encode(node.hosts), as: UTF8.self), node.addedAt,
                node.invitation,
            ])
        for key in node.publicKeys {
            try insertKey(db, node: node.name, publicKey: key, at: node.addedAt)
        }
    }

    static func insertKey(_ db: Database, node: String, publicKey: String, at now: Int64) throws {
        try db.execute(
            sql: "INSERT INTO node_key (public_key, node, added_at) VALUES (?, ?, ?)",
            arguments: [publicKey, node, now])
    }

    static func deleteKey(_ db: Database, publicKey: String) throws {
        try db.execute(sql: "DELETE FROM node_key WHERE public_key = ?", arguments: [publicKey])
    }

    static func delete(_ db: Database, name: String) throws {
        try db.execute(sql: "DELETE FROM node WHERE name = ?", arguments: [name])
    }

    private static func node(_ db: Database, row: Row) throws -> NodeDescription {
        let name: String = row["name"]
        guard let role = NodeRole(rawValue: row["role"]) else {
            throw LedgerError(description: "node «\(name)» has a role that this version does not know")
        }
        return NodeDescription(
            name: name, role: role,
            publicKeys: try String.fetchAll(
                db, sql: "SELECT public_key FROM node_key WHERE node = ? ORDER BY added_at, public_key",
                arguments: [name]),
            labels: try (row["labels"] as String?).map {
                try JSONDecoder().decode([String].self, from: Data($0.utf8))
            },
            hosts: try JSONDecoder().decode([String].self, from: Data((row["hosts"] as String).utf8)),
            addedAt: row["added_at"], invitation: row["invitation"])
    }
}
