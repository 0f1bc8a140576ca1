internal import ClusterProtocol
package import ClusterTransport
internal import Crypto
package import Foundation
internal import SwiftASN1
internal import TransparencyLog
internal import X509

/// Makes a signer's folder: root and issuing CA, keys, ledger, configuration, nodes, and the first enrollment secret.
///
/// Everything is written once: what is there already is never overwritten.
package struct SignerInitialization {
    /// A node to be admitted from the start.
    package struct Node {
        package var name: String
        package var role: NodeRole
        package var key: String
        package var hosts: [String]

        package init(name: String, role: NodeRole, key: String, hosts: [String]) {
            self.name = name
            self.role = role
            self.key = key
            self.hosts = hosts
        }
    }

    /// What the other processes' configurations need to know.
    package struct Outcome: Codable {
        /// Ed25519, base64.
        package var catalogueKey: String
        /// CURVE, Z85.
        package var signerKey: String
        /// The first invitation's identifier, where there is one.
        package var invitation: String?
    }

    /// The CURVE key is there already, as `curve.key`, or is made.
    package var directory: String
    package var rootDirectory: String
    package var trustAnchor: String
    package var enrollmentSecret: String
    package var endpoint: String
    package var auditorEndpoint: String
    package var auditorKey: String
    /// The public key of the auditor's log, `name+hash+base64`.
    package var logKey: String
    package var nodes: [Node]
    package var organization = "Estuary"
    /// Encrypts the root's key; nil makes one and writes it to ``rootPassphraseOutput``.
    package var rootPassphrase: String?
    /// Where a passphrase that is made goes; nil for beside the root's folder.
    package var rootPassphraseOutput: String?
    /// An invitation that is there from the start.
    package var invitation: Invitation?
    /// The auditor's console gets a TLS certificate.
    package var console: Console?

    package init(
        directory: String, rootDirectory: String, trustAnchor: String, enrollmentSecret: String, endpoint: String,
        auditorEndpoint: String, auditorKey: String, logKey: String, nodes: [Node], organization: String,
        rootPassphrase: String?
    ) {
        self.directory = directory
        self.rootDirectory = rootDirectory
        self.trustAnchor = trustAnchor
        self.enrollmentSecret = enrollmentSecret
        self.endpoint = endpoint
        self.auditorEndpoint = auditorEndpoint
        self.auditorKey = auditorKey
        self.logKey = logKey
        self.nodes = nodes
        self.organization = organization
        self.rootPassphrase = rootPassphrase
    }

    private static let authority = "devices"
    /// The first secret: 1,000 uses for a day.
    private static let firstSecretUses = 1000
    private static let firstSecretLifetime: Int64 = 86400

    /// - Throws: ``KeyStoreError`` or what the file system says, naming the file.
    package func perform(at now: Date = Date()) async throws -> Outcome {
        var (outcome, authority) = try writeFiles(at: now)
        outcome.invitation = try await writeLedger(authority, at: now)
        return outcome
    }

    /// Writes everything but the ledger; the outcome, and the issuing authority.
    private func writeFiles(at now: Date) throws -> (Outcome, IssuingAuthority) {
        for node in nodes {
            _ = try CurvePublicKey(z85: node.key)
        }
        _ = try CurvePublicKey(z85: auditorKey)
        try invitation?.check()
        let ceremony = try AuthorityCeremony(organization: organization, authority: Self.authority).perform(at: now)
        try writeRoot(ceremony)
        try writeAuthority(ceremony)
        let catalogueKey = Curve25519.Signing.PrivateKey()
        try NewFile.write(CatalogueKeyFile.pem(catalogueKey) + "\n", path: "\(directory)/catalogue.key", mode: 0o600)
        let curvePath = "\(directory)/curve.key"
        if !FileManager.default.fileExists(atPath: curvePath) {
            try CurveKeyPair.generate().write(path: curvePath)
        }
        let curveKey = try CurveKeyPair.load(path: curvePath)
        try NoteKeyFile.create(path: "\(directory)/witness.key", for: .witness)
        try NewFile.write(configurationText, path: "\(directory)/configuration.yaml", mode: 0o600)
        try NewFile.write(SamplePolicy.text, path: "\(directory)/policy.yaml", mode: 0o600)
        // What was written must load before anybody relies on it.
        let configuration = try SignerConfiguration.load(path: "\(directory)/configuration.yaml")
        _ = try PolicyFile(path: configuration.policy, authorities: [Self.authority]).load()
        let authorities = try configuration.authorities.map { try AuthorityLoader.load($0, at: now) }
        return (
            Outcome(
                catalogueKey: catalogueKey.publicKey.rawRepresentation.base64EncodedString(),
                signerKey: curveKey.publicKey.z85),
            authorities[0]
        )
    }

    private func writeRoot(_ ceremony: AuthorityCeremony.Outcome) throws {
        try RootFolder(rootDirectory).create(
            RootAuthority(certificate: ceremony.root, key: ceremony.rootKey), passphrase: rootPassphrase,
            passphraseOutput: rootPassphraseOutput)
        try NewFile.write(try ceremony.root.pemText, path: trustAnchor, mode: 0o644)
    }

    private func writeAuthority(_ ceremony: AuthorityCeremony.Outcome) throws {
        let folder = "\(directory)/authorities/\(Self.authority)"
        try NewFile.directory(directory)
        try NewFile.directory("\(directory)/authorities")
        try NewFile.directory(folder)
        try NewFile.write(
            ceremony.issuingKey.serializeAsPEM().pemString + "\n", path: "\(folder)/key.pem", mode: 0o600)
        try NewFile.write(
            ceremony.issuing.serializeAsPEM().pemString + "\n", path: "\(folder)/certificate.pem", mode: 0o644)
        try NewFile.write(ceremony.root.serializeAsPEM().pemString + "\n", path: "\(folder)/chain.pem", mode: 0o644)
    }

    /// Enters the nodes, the first secret, the invitation and the console's certificate, each with its event.
    ///
    /// - Returns: the invitation's identifier.
    private func writeLedger(_ authority: IssuingAuthority, at now: Date) async throws -> String? {
        let ledger = try Ledger(
            path: "\(directory)/ledger.sqlite", authorities: [Self.authority: authority.keySHA256],
            failStop: { error in
                FileHandle.standardError.write(Data("estuary-signer: the ledger could not commit: \(error)\n".utf8))
                _exit(EX_IOERR)
            })
        let events = EventComposer(source: "signer", run: ledger.incarnation)
        let secret = SecretGenerator.secret()
        let seconds = Int64(now.timeIntervalSince1970)
        let record = SecretRecord(
            id: SecretGenerator.identifier(), label: "default", names: nil, uses: Self.firstSecretUses, used: 0,
            reserved: 0, createdAt: Int64(now.timeIntervalSince1970 * 1000),
            expiresAt: seconds + Self.firstSecretLifetime)
        let nodes = nodes.map {
            NodeDescription(
                name: $0.name, role: $0.role, publicKeys: [$0.key], labels: nil, hosts: $0.hosts, addedAt: seconds)
        }
        let invitation = invitation?.description(at: seconds)
        let invitationKey = self.invitation?.publicKey ?? ""
        let console = try console?.certificate(by: authority, at: now)
        try await ledger.writer.perform(counts: LedgerCounts(certificates: console == nil ? 0 : 1)) { db in
            for node in nodes {
                try NodeTable.insert(db, node)
                var event = events.administration(.nodeAdded, by: "operator:\(getuid())", at: now)
                event.node = node.name
                event.names = node.hosts
                event.publicKey = node.publicKeys.first
                event.role = node.role.rawValue
                try OutboxTable.append(db, UnnumberedEventLine(event), at: seconds)
            }
            try SecretTable.insert(db, record, sha256: SecretTable.sha256(of: secret))
            var event = events.administration(.secretCreated, by: "operator:\(getuid())", at: now)
            event.label = record.label
            event.principal = "secret:\(record.id)"
            event.count = record.uses
            try OutboxTable.append(db, UnnumberedEventLine(event), at: seconds)
            if let invitation {
                try InvitationTable.insert(db, invitation, publicKey: invitationKey)
                var event = events.administration(.invitationCreated, by: "operator:\(getuid())", at: now)
                event.describe(invitation)
                try OutboxTable.append(db, UnnumberedEventLine(event), at: seconds)
            }
            if let console {
                try CertificateTable.insert(db, console.record)
                var event = events.administration(.nodeCertificateIssued, by: "operator:\(getuid())", at: now)
                event.node = console.record.node
                events.fill(&event, console.facts)
                try OutboxTable.append(db, UnnumberedEventLine(event), at: seconds)
            }
        }
        try ledger.close()
        try NewFile.write(secret.revealed + "\n", path: enrollmentSecret, mode: 0o600)
        return invitation?.id
    }

    private var configurationText: String {
        """
        # The signer. Every key is described in docs/configuration.md; relative paths start at this folder.
        name: signer
        # Where frontends connect (ZeroMQ with CURVE).
        endpoint: \(endpoint)
        auditor:
          endpoint: \(auditorEndpoint)
          key: "\(auditorKey)"
          # Signs the checkpoints of the audit log: «estuary audit key». The signer verifies and cosigns them.
          log-key: "\(logKey)"
        authorities:
          - name: \(Self.authority)
        # Labels and profiles; «estuary reload» reads them anew.
        policy: policy.yaml

        """
    }
}

extension SignerInitialization {
    /// Reads the passphrase for the root's key: the first line of a file that nobody but its owner can read.
    package static func passphrase(path: String) throws -> String {
        try PrivateKeyFile.passphrase(path: path)
    }
}
