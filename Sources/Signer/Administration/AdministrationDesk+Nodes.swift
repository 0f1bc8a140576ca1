internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB

extension AdministrationDesk {
    /// A node has one key, or two while one takes the place of the other.
    private static let keysPerNode = 2

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
            (event.publicKey, event.role, event.labels) = (request.publicKey, request.role.rawValue, request.labels)
            if let owner = try NodeTable.owner(db, publicKey: request.publicKey) {
                throw ServiceError(.invalidArgument, "The key is already the node «\(owner)»'s.")
            }
            guard try InvitationTable.owner(db, publicKey: request.publicKey) == nil else {
                throw ServiceError(.invalidArgument, "A node needs a key of its own, not an invitation's.")
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
                let node = NodeDescription(
                    name: request.name, role: request.role, publicKeys: [request.publicKey], labels: request.labels,
                    hosts: request.hosts, addedAt: now)
                try changes.requireRoom(for: node, db)
                try NodeTable.insert(db, node)
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
            event.publicKey = key
            try NodeTable.deleteKey(db, publicKey: key)
            return node
        }
    }

    private var changes: NodeChanges { NodeChanges(core: core, registry: registry, publisher: publisher) }

    private func nodesChanged() async throws {
        try await changes.apply()
    }

    private func requireValid(_ request: AddNodeRequest) throws {
        try NodeRules.requireName(request.name, signer: core.name)
        guard request.role == .frontend || request.role == .auditor else {
            throw ServiceError(.invalidArgument, "A node is a frontend or an auditor.")
        }
        try NodeRules.requireKey(request.publicKey)
        try NodeRules.requireLabels(request.labels, in: core.policy)
        if request.role == .frontend || !request.hosts.isEmpty { try NodeRules.requireHosts(request.hosts) }
    }
}
