internal import ClusterTransport
internal import ConfigurationFile
internal import Foundation
internal import TransparencyLog

/// What the signer's host has to know of an auditor on another one. Nothing in it is secret.
struct AuditorCard: Equatable {
    /// Where others reach it.
    var address: String
    /// CURVE, Z85.
    var key: String
    /// The public key of its log.
    var logKey: String

    static func load(_ path: String) throws -> AuditorCard {
        try CardFile.read(path, role: .auditor) { root in
            let card = AuditorCard(
                address: try CardFile.address(root), key: try CardFile.curveKey(root),
                logKey: try root.string("log-key"))
            do {
                _ = try NoteVerifierKey(parsing: card.logKey)
            } catch let error as TransparencyLogError {
                throw root.error("log-key", error.description)
            }
            return card
        }
    }

    var text: String {
        """
        # An auditor, as its cluster's signer has to know it (`estuary init --role signer --auditor FILE`). Nothing here is
        # secret; but whoever changes it on its way makes the signer trust another one.
        role: auditor
        address: \(address)
        # Its public CURVE key, and the public key of its log.
        key: '\(key)'
        log-key: '\(logKey)'

        """
    }
}

/// What the auditor's host has to know of a signer on another one, and devices of its CA. Nothing in it is secret.
struct SignerCard: Equatable {
    var address: String
    var key: String
    /// Ed25519, base64.
    var catalogueKey: String
    /// The public key that cosigns the log.
    var witnessKey: String
    /// PEM.
    var trustAnchor: String
    var issuingCertificate: String

    static func load(_ path: String) throws -> SignerCard {
        try CardFile.read(path, role: .signer) { root in
            SignerCard(
                address: try CardFile.address(root), key: try CardFile.curveKey(root),
                catalogueKey: try root.string("catalogue-key"), witnessKey: try root.string("witness-key"),
                trustAnchor: try root.string("trust-anchor"), issuingCertificate: try root.string("issuing-certificate")
            )
        }
    }

    var text: String {
        """
        # A signer, as its cluster's auditor has to know it (`estuary init --role auditor --signer FILE`). Nothing here is
        # secret; but whoever changes it on its way makes the auditor trust another one.
        role: signer
        address: \(address)
        # Its public CURVE key, and the public keys that verify its catalogue and its signatures under the log.
        key: '\(key)'
        catalogue-key: '\(catalogueKey)'
        witness-key: '\(witnessKey)'
        # The root that devices trust, and the CA below it that issues.
        trust-anchor: |
        \(Self.indented(trustAnchor))
        issuing-certificate: |
        \(Self.indented(issuingCertificate))

        """
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    }
}

private enum CardFile {
    static func read<Card>(
        _ path: String, role: NodeRole, _ body: (ConfigurationReader) throws -> Card
    ) throws -> Card {
        do {
            let root = try ConfigurationReader.load(path: path)
            guard try root.string("role") == role.rawValue else {
                throw root.error("role", "this is not the card of \(role == .auditor ? "an auditor" : "a signer")")
            }
            let card = try body(root)
            try root.finish()
            return card
        } catch let error as ConfigurationError {
            throw Failure(error.description, hint: "`estuary init --role \(role.rawValue)` writes this file.")
        }
    }

    static func address(_ root: ConfigurationReader) throws -> String {
        let text = try root.string("address")
        guard Endpoint.isAddress(text) else {
            throw root.error("address", "an address such as tcp://\(try root.string("role")).example:7601 is expected")
        }
        return text
    }

    static func curveKey(_ root: ConfigurationReader) throws -> String {
        let text = try root.string("key")
        guard (try? CurvePublicKey(z85: text)) != nil else {
            throw root.error("key", "this is no CURVE public key in Z85 (40 characters)")
        }
        return text
    }
}

/// `tcp://host:port`
enum Endpoint {
    /// Whether a process can listen there.
    static func isEndpoint(_ text: String) -> Bool {
        listenAddress(text).map { $0.port != 0 } ?? false
    }

    /// Whether others can connect there.
    static func isAddress(_ text: String) -> Bool {
        listenAddress(text).map { $0.port != 0 && !$0.isEveryAddress } ?? false
    }

    private static func listenAddress(_ text: String) -> ListenAddress? {
        text.hasPrefix("tcp://") ? ListenAddress(String(text.dropFirst(6))) : nil
    }
}
