internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import GRDB
internal import Synchronization

/// Makes and signs the catalogue whenever what it says has changed, and gives it a higher version.
final class CataloguePublisher: Sendable {
    /// A message has 256 KiB, and the catalogue travels in base64.
    private static let maximumBytes = 160 * 1024

    private let core: SignerCore
    private let key: Curve25519.Signing.PrivateKey
    private let current: Mutex<(version: Int, signed: SignedCatalogue)?> = Mutex(nil)

    init(core: SignerCore, key: Curve25519.Signing.PrivateKey) {
        self.core = core
        self.key = key
    }

    /// The catalogue in force; ``publish(_:)`` comes first.
    var catalogue: (version: Int, signed: SignedCatalogue)? {
        current.withLock { $0 }
    }

    var publicKey: Curve25519.Signing.PublicKey { key.publicKey }

    /// Publishes the policy, if that changes anything.
    ///
    /// - Parameter authorities: by name; those in force unless others are about to be.
    /// - Throws: `invalidArgument` where the catalogue would not fit into a message; then nothing has changed.
    func publish(_ policy: Policy, authorities: [String: IssuingAuthority]? = nil) async throws {
        var catalogue = content(policy, authorities: authorities ?? core.authorities)
        let digest = Data(SHA256.hash(data: try encode(catalogue)))
        let now = core.seconds()
        let version = try await core.ledger.writer.perform { db in
            let known = try MetaTable.integer(db, "catalogue_version") ?? 0
            if known > 0, try MetaTable.data(db, "catalogue_sha256") == digest { return known }
            // Time is part of it: a ledger restored from a backup gives no version that frontends have seen.
            let next = max(known + 1, now)
            try MetaTable.set(db, "catalogue_version", next)
            try MetaTable.set(db, "catalogue_sha256", digest)
            return next
        }
        (catalogue.version, catalogue.issuedAt) = (Int(version), now)
        let signed = try SignedCatalogue(catalogue, key: key)
        current.withLock { current in
            // Two at once: the newer one stays.
            if (current?.version ?? 0) <= Int(version) {
                current = (Int(version), signed)
            }
        }
    }

    /// Checks that a policy's catalogue would have room, before what makes it so is stored.
    ///
    /// - Throws: `invalidArgument` where it would not fit into a message.
    func requireRoom(for policy: Policy) throws {
        _ = try encode(content(policy, authorities: core.authorities))
    }

    private func content(_ policy: Policy, authorities: [String: IssuingAuthority]) -> Catalogue {
        Catalogue(
            version: 0, issuedAt: 0, authorities: authorities.values.sorted { $0.name < $1.name }.map(\.description),
            // Without their revocation lists: what is revoked only the signer says.
            manufacturers: policy.manufacturers.map(\.description), labels: policy.labels, profiles: policy.profiles)
    }

    private func encode(_ catalogue: Catalogue) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let encoded = try encoder.encode(catalogue)
        guard encoded.count <= Self.maximumBytes else {
            throw ServiceError(
                .invalidArgument,
                "Labels, profiles, manufacturers, authorities and host names make a catalogue of \(encoded.count) bytes; it "
                    + "must fit into a message, \(Self.maximumBytes) bytes at the most. Every profile has all host names of "
                    + "the nodes: remove nodes that are gone, or give nodes fewer or shorter names.")
        }
        return encoded
    }
}
