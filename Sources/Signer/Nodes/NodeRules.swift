internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB

/// What nodes and invitations may be like.
enum NodeRules {
    private static let maximumNodes = 300
    private static let maximumBytes = 96 * 1024
    private static let maximumHosts = 32
    /// Those of a DNS name.
    private static let maximumHostBytes = 253

    /// - Parameter signer: the signer's own name.
    static func requireName(_ name: String, signer: String) throws {
        guard (1...64).contains(name.utf8.count), name.first != "-",
            name.utf8.allSatisfy({ ($0 >= 48 && $0 <= 57) || ($0 >= 97 && $0 <= 122) || $0 == 45 })
        else {
            throw ServiceError(
                .invalidArgument, "A node's name has 1 to 64 of the characters a–z, 0–9 and «-», not «-» first.")
        }
        // The auditor knows the sources of events by their names.
        guard ![AuditEvent.signerSource, AuditEvent.auditorSource, signer].contains(name) else {
            throw ServiceError(
                .invalidArgument, "A node can't be called «\(name)»: the signer and the auditor have that name.")
        }
    }

    static func requireKey(_ key: String) throws {
        do {
            _ = try CurvePublicKey(z85: key)
        } catch {
            throw ServiceError(.invalidArgument, "The key is not a CURVE public key in Z85 (40 characters).")
        }
    }

    static func requireLabels(_ labels: [String]?, in policy: Policy) throws {
        for label in labels ?? [] where policy.label(label) == nil {
            throw ServiceError(.invalidArgument, "There is no label «\(label)».")
        }
    }

    static func requireHosts(_ hosts: [String]) throws {
        try requireFewHosts(hosts)
        guard !hosts.isEmpty, hosts.allSatisfy({ $0.utf8.allSatisfy { $0 > 32 && $0 < 127 } }) else { throw unfitHosts }
    }

    /// How many and how long the host names are, before anything goes through them; there may be none.
    static func requireFewHosts(_ hosts: [String]) throws {
        guard hosts.count <= maximumHosts, hosts.allSatisfy({ (1...maximumHostBytes).contains($0.utf8.count) }) else {
            throw unfitHosts
        }
    }

    private static var unfitHosts: ServiceError {
        ServiceError(
            .invalidArgument,
            "A frontend has 1 to \(maximumHosts) host names or addresses, those by which devices reach it (--hosts), of "
                + "\(maximumHostBytes) visible ASCII characters at the most.")
    }

    /// The list goes to the auditor and to operators in one message.
    static func requireRoom(_ db: Database) throws {
        let nodes = try NodeTable.all(db)
        guard nodes.count < maximumNodes, try JSONEncoder().encode(nodes).count < maximumBytes else {
            throw ServiceError(
                .invalidArgument, "There are \(nodes.count) nodes already, as many as one cluster can have.")
        }
    }
}

/// How much an invitation may allow.
enum InvitationRules {
    private static let maximumUses = 300
    /// Two years, in seconds.
    private static let maximumLifetime: Int64 = 730 * 86400

    static func require(uses: Int, lifetime: Int64, hosts: [String]) throws {
        guard (1...maximumUses).contains(uses) else {
            throw ServiceError(.invalidArgument, "An invitation has from 1 to \(maximumUses) uses.")
        }
        guard (1...maximumLifetime).contains(lifetime) else {
            throw ServiceError(.invalidArgument, "An invitation lives from a second to two years.")
        }
        try NodeRules.requireHosts(hosts)
    }
}

extension InvitationDescription {
    /// The names of the certificate of a node that asks for further ones.
    ///
    /// - Throws: `invalidArgument` where the invitation does not allow one of them, or none is left.
    func hosts(with further: [String]) throws -> [String] {
        var names = hosts.filter { !$0.hasPrefix("*.") }
        for host in further.map({ $0.lowercased() }) where !names.contains(host) {
            guard allows(host) else {
                throw ServiceError(
                    .invalidArgument,
                    "The invitation does not allow the host name «\(host)»: it allows \(hosts.joined(separator: ", "))."
                )
            }
            names.append(host)
        }
        guard !names.isEmpty else {
            throw ServiceError(
                .invalidArgument,
                "The invitation has no names of its own: ask for one that it allows (\(hosts.joined(separator: ", ")))."
            )
        }
        try NodeRules.requireHosts(names)
        return names
    }

    private func allows(_ host: String) -> Bool {
        guard let dot = host.firstIndex(of: "."), dot != host.startIndex else { return false }
        return host.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || ($0 >= 97 && $0 <= 122) || $0 == 45 || $0 == 46 }
            && hosts.contains { $0.hasPrefix("*.") && $0.dropFirst().lowercased() == host[dot...] }
    }
}
