internal import ClusterTransport

/// An enrollment secret as operators see it: everything but the secret.
package struct SecretDescription: Codable, Sendable, Equatable {
    package var id: String
    package var label: String
    /// The names that it may ask for; nil where the profile alone decides.
    package var names: [String]?
    package var uses: Int
    package var used: Int
    /// Uses that requests waiting for approval hold.
    package var reserved: Int
    /// In seconds since 1970.
    package var createdAt: Int64
    package var expiresAt: Int64
    package var revokedAt: Int64?
    /// The secret that took its place.
    package var replacedBy: String?

    package init(
        id: String, label: String, names: [String]?, uses: Int, used: Int, reserved: Int, createdAt: Int64,
        expiresAt: Int64, revokedAt: Int64?, replacedBy: String?
    ) {
        self.id = id
        self.label = label
        self.names = names
        self.uses = uses
        self.used = used
        self.reserved = reserved
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.replacedBy = replacedBy
    }
}

/// A new secret, shown this once: the ledger keeps its SHA-256 only.
package struct CreatedSecret: Codable, Sendable, Equatable {
    package var secret: Secret
    package var description: SecretDescription

    package init(secret: Secret, description: SecretDescription) {
        self.secret = secret
        self.description = description
    }
}

/// Makes enrollment secrets: `administration.createSecrets`. All of them or none.
package struct CreateSecretsRequest: RemoteRequest {
    package typealias Reply = CreateSecretsReply
    package static let method = "administration.createSecrets"

    /// More in one request are refused; the caller sends several.
    package static let maximumCount = 500

    package struct Item: Codable, Sendable {
        /// The names that the secret may ask for; nil where the profile alone decides.
        package var names: [String]?

        package init(names: [String]?) {
            self.names = names
        }
    }

    package var label: String
    /// One secret for each.
    package var items: [Item]
    package var uses: Int
    /// In seconds.
    package var lifetime: Int64

    package init(label: String, items: [Item], uses: Int, lifetime: Int64) {
        self.label = label
        self.items = items
        self.uses = uses
        self.lifetime = lifetime
    }
}

package struct CreateSecretsReply: Codable, Sendable {
    package var secrets: [CreatedSecret]

    package init(secrets: [CreatedSecret]) {
        self.secrets = secrets
    }
}

/// Lists enrollment secrets in the order of their creation: `administration.listSecrets`.
package struct ListSecretsRequest: RemoteRequest {
    package typealias Reply = Page<SecretDescription>
    package static let method = "administration.listSecrets"

    package var label: String?
    /// Only those that can still be used.
    package var usableOnly: Bool
    package var cursor: String?

    package init(label: String? = nil, usableOnly: Bool = false, cursor: String? = nil) {
        self.label = label
        self.usableOnly = usableOnly
        self.cursor = cursor
    }
}

/// Revokes an enrollment secret at once and for ever: `administration.revokeSecret`.
package struct RevokeSecretRequest: RemoteRequest {
    package typealias Reply = SecretDescription
    package static let method = "administration.revokeSecret"

    package var id: String

    package init(id: String) {
        self.id = id
    }
}

/// Puts a new secret with the same rights and fresh uses in the place of one, which is revoked:
/// `administration.reissueSecret`. For a device that lost its key after it had spent its secret.
package struct ReissueSecretRequest: RemoteRequest {
    package typealias Reply = CreatedSecret
    package static let method = "administration.reissueSecret"

    package var id: String
    /// In seconds from now.
    package var lifetime: Int64

    package init(id: String, lifetime: Int64) {
        self.id = id
        self.lifetime = lifetime
    }
}

/// Part of a list, and where the next part starts.
package struct Page<Item: Codable & Sendable>: Codable, Sendable {
    package var items: [Item]
    /// What to send as the cursor of the next request; nil at the end.
    package var nextCursor: String?

    package init(items: [Item], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }
}
