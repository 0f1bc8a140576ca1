package import ClusterTransport

/// Admits a node, or gives an admitted one a second key: `administration.addNode`.
package struct AddNodeRequest: RemoteRequest {
    package typealias Reply = NodeDescription
    package static let method = "administration.addNode"

    package var name: String
    package var role: NodeRole
    /// CURVE, Z85.
    package var publicKey: String
    /// nil for every label.
    package var labels: [String]?
    package var hosts: [String]

    package init(name: String, role: NodeRole, publicKey: String, labels: [String]?, hosts: [String]) {
        self.name = name
        self.role = role
        self.publicKey = publicKey
        self.labels = labels
        self.hosts = hosts
    }
}

/// Lists the nodes by name: `administration.listNodes`.
package struct ListNodesRequest: RemoteRequest {
    package typealias Reply = Page<NodeDescription>
    package static let method = "administration.listNodes"

    package init() {}
}

/// Removes a node, or one of its two keys: `administration.removeNode`. The key is dead within a second.
package struct RemoveNodeRequest: RemoteRequest {
    package typealias Reply = NodeDescription
    package static let method = "administration.removeNode"

    package var name: String
    /// Only this key, Z85; nil for the whole node.
    package var publicKey: String?

    package init(name: String, publicKey: String?) {
        self.name = name
        self.publicKey = publicKey
    }
}

/// Reads labels and profiles anew, all or nothing: `administration.reload`.
package struct ReloadRequest: RemoteRequest {
    package typealias Reply = ReloadReply
    package static let method = "administration.reload"

    package init() {}
}

package struct ReloadReply: Codable, Sendable, Equatable {
    package var catalogueVersion: Int
    /// SHA-256 of the configuration in force, hexadecimal.
    package var configurationSHA256: String
    package var changed: Bool

    package init(catalogueVersion: Int, configurationSHA256: String, changed: Bool) {
        self.catalogueVersion = catalogueVersion
        self.configurationSHA256 = configurationSHA256
        self.changed = changed
    }
}

/// The signer's state and what it knows of the nodes: `administration.status`.
package struct SignerStatusRequest: RemoteRequest {
    package typealias Reply = SignerStatus
    package static let method = "administration.status"

    package init() {}
}

package struct SignerStatus: Codable, Sendable, Equatable {
    package struct Authority: Codable, Sendable, Equatable {
        package var name: String
        package var subject: String
        /// In seconds since 1970.
        package var notAfter: Int64

        package init(name: String, subject: String, notAfter: Int64) {
            self.name = name
            self.subject = subject
            self.notAfter = notAfter
        }
    }

    package struct Node: Codable, Sendable, Equatable {
        package var name: String
        package var role: NodeRole
        /// When the node was last heard, in seconds since 1970; nil if not since the signer's start.
        package var lastSeen: Int64?
        package var report: NodeReport?

        package init(name: String, role: NodeRole, lastSeen: Int64?, report: NodeReport?) {
            self.name = name
            self.role = role
            self.lastSeen = lastSeen
            self.report = report
        }
    }

    package var version: String
    /// In seconds since 1970.
    package var startedAt: Int64
    package var authorities: [Authority]
    package var catalogueVersion: Int
    package var configurationSHA256: String
    /// Enrollments in the pipeline.
    package var inFlight: Int
    /// Events that the auditor has not acknowledged, and how many there may be before issuance stops.
    package var outboxBacklog: Int64
    package var outboxLimit: Int64
    package var lastSequence: Int64
    package var ledgerIncarnation: String
    package var auditorReachable: Bool
    package var certificates: Int64
    package var devices: Int64
    package var approvalsWaiting: Int64
    /// Whether memory is locked (`mlockall`).
    package var memoryLocked: Bool
    package var nodes: [Node]
    package var witness: WitnessStatus

    package init(
        version: String, startedAt: Int64, authorities: [Authority], catalogueVersion: Int,
        configurationSHA256: String, inFlight: Int, outboxBacklog: Int64, outboxLimit: Int64, lastSequence: Int64,
        ledgerIncarnation: String, auditorReachable: Bool, certificates: Int64, devices: Int64,
        approvalsWaiting: Int64, memoryLocked: Bool, nodes: [Node],
        witness: WitnessStatus
    ) {
        self.version = version
        self.startedAt = startedAt
        self.authorities = authorities
        self.catalogueVersion = catalogueVersion
        self.configurationSHA256 = configurationSHA256
        self.inFlight = inFlight
        self.outboxBacklog = outboxBacklog
        self.outboxLimit = outboxLimit
        self.lastSequence = lastSequence
        self.ledgerIncarnation = ledgerIncarnation
        self.auditorReachable = auditorReachable
        self.certificates = certificates
        self.devices = devices
        self.approvalsWaiting = approvalsWaiting
        self.memoryLocked = memoryLocked
        self.nodes = nodes
        self.witness = witness
    }
}

/// The signer's metrics as Prometheus text: `administration.metrics`.
package struct MetricsRequest: RemoteRequest {
    package typealias Reply = MetricsReply
    package static let method = "administration.metrics"

    package init() {}
}

package struct MetricsReply: Codable, Sendable, Equatable {
    package var text: String

    package init(text: String) {
        self.text = text
    }
}
