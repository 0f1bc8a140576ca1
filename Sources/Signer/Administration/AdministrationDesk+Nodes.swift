internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB

extension AdministrationDesk {
    /// A node has one key, or two while one takes the place of the other.
    private static let keysPerNode = 2
    private static let maximumNodes = 300
    private static let maximumBytes = 96 * 1024

    func addNode(_ request: AddNodeRequest) async throws -> NodeDescription {
        try requireValid(request)
        return try await turns.take {
            let node = try await enter(request)
            try await nodesChanged()
            return node
        }
    }

    private func enter(_ request: AddNodeRequest) async throws -> NodeDescription {
        let now = core.seconds()
        return try await change(.nodeAdded) { db, event in
            event.node = request.name
            event.reasonText = "key \(request.publicKey)"
            if let owner = try NodeTable.owner(db, publicKey: request.publicKey) {
                throw ServiceError(.invalidArgument, "The key is already the node «\(owner)»'s.")
            }
            if let known = try NodeTable.find(db, name: request.name) {
                guard known.role == request.role, known.publicKeys.count < Self.keysPerNode else {
                    throw ServiceError(
                        .invalidArgument,
                        "The node «\(known.name)» is a \(known.role.rawValue) and has \(known.publicKeys.count) keys. "
                            + "A second key needs the same role; remove a key before a third one.")
                }
                try NodeTable.insertKey(db, node: known.name, publicKey: request.publicKey, at: now)
            } else {
                event.names = request.hosts.isEmpty ? nil : request.hosts
                let nodes = try NodeTable.all(db)
                // The list goes to the auditor and to operators in one message.
                guard nodes.count < Self.maximumNodes, try JSONEncoder().encode(nodes).count < Self.maximumBytes else {
                    throw ServiceError(
                        .invalidArgument, "There are \(nodes.count) nodes already, as many as one cluster can have.")
                }
                try NodeTable.insert(
                    db,
                    NodeDescription(
                        name: request.name, role: request.role, publicKeys: [request.publicKey],
                        labels: request.labels, hosts: request.hosts, addedAt: now))
            }
            guard let node = try NodeTable.find(db, name: request.name) else {
                throw ServiceError(.unexpected, "The node was not stored.")
            }
            return node
        }
    }

    func listNodes(_ request: ListNodesRequest) async throws -> Page<NodeDescription> {
        Page(items: registry.nodes, nextCursor: nil)
    }

    func removeNode(_ request: RemoveNodeRequest) async throws -> NodeDescription {
        try await turns.take {
            let node = try await remove(request)
            try await nodesChanged()
            return node
        }
    }

    private func remove(_ request: RemoveNodeRequest) async throws -> NodeDescription {
        try await change(.nodeRemoved) { db, event in
            guard let node = try NodeTable.find(db, name: request.name) else {
                throw ServiceError(.notFound, "There is no node «\(request.name)».")
            }
            event.node = node.name
            guard let key = request.publicKey, node.publicKeys.count > 1 else {
                if let key = request.publicKey, !node.publicKeys.contains(key) {
                    throw ServiceError(.notFound, "The node «\(node.name)» has no such key.")
                }
                try NodeTable.delete(db, name: node.name)
                return node
            }
            guard node.publicKeys.contains(key) else {
                throw ServiceError(.notFound, "The node «\(node.name)» has no such key.")
            }
            event.reasonText = "key \(key)"
            try NodeTable.deleteKey(db, publicKey: key)
            return node
        }
    }

    /// Puts the ledger's nodes in force: at the transport, at the auditor, and in what no device may be called.
    private func nodesChanged() async throws {
        try registry.refresh()
        core.outboxGrew()
        let policy = core.policy.reserving(hosts: registry.hosts)
        core.policy = policy
        try await publisher.publish(policy)
    }

    private func requireValid(_ request: AddNodeRequest) throws {
        func refuse(_ message: String) -> ServiceError {
            ServiceError(.invalidArgument, message)
        }
        guard (1...64).contains(request.name.utf8.count),
            request.name.utf8.allSatisfy({ ($0 >= 48 && $0 <= 57) || ($0 >= 97 && $0 <= 122) || $0 == 45 })
        else {
            throw refuse("A node's name has 1 to 64 of the characters a–z, 0–9 and «-».")
        }
        guard request.role == .frontend || request.role == .auditor else {
            throw refuse("A node is a frontend or an auditor.")
        }
        do {
            _ = try CurvePublicKey(z85: request.publicKey)
        } catch {
            throw refuse("The key is not a CURVE public key in Z85 (40 characters).")
        }
        for label in request.labels ?? [] where core.policy.label(label) == nil {
            throw refuse("There is no label «\(label)».")
        }
        guard request.role != .frontend || (1...32).contains(request.hosts.count),
            request.hosts.allSatisfy({ (1...253).contains($0.utf8.count) && $0.utf8.allSatisfy { $0 > 32 && $0 < 127 } }
            )
        else {
            throw refuse("A frontend has 1 to 32 host names or addresses, those by which devices reach it (--hosts).")
        }
    }
}
