internal import ClusterTransport

/// A symmetric key that the signer shares with devices, to encrypt for them the private keys that it makes (RFC 7030
/// §4.4.1.1): everything but the key.
package struct KeyEncryptionKeyDescription: Codable, Sendable, Equatable {
    /// What a request's DecryptKeyIdentifier holds: a name's UTF-8 bytes, or with the prefix `hex:` any bytes.
    package var name: String
    /// The label that it is for; nil for every one.
    package var label: String?
    /// The names that a certificate may have to go with it; nil for any.
    package var names: [String]?
    /// In seconds since 1970.
    package var createdAt: Int64

    package init(name: String, label: String?, names: [String]?, createdAt: Int64) {
        self.name = name
        self.label = label
        self.names = names
        self.createdAt = createdAt
    }
}

/// Enters a key, or has the signer make one: `administration.addKeyEncryptionKey`.
package struct AddKeyEncryptionKeyRequest: RemoteRequest {
    package typealias Reply = AddedKeyEncryptionKey
    package static let method = "administration.addKeyEncryptionKey"

    /// AES-256, in bytes.
    package static let keyBytes = 32

    package var name: String
    package var label: String?
    package var names: [String]?
    /// nil: the signer makes one.
    package var key: SecretBytes?

    package init(name: String, label: String? = nil, names: [String]? = nil, key: SecretBytes? = nil) {
        self.name = name
        self.label = label
        self.names = names
        self.key = key
    }
}

package struct AddedKeyEncryptionKey: Codable, Sendable, Equatable {
    package var description: KeyEncryptionKeyDescription
    /// The key that the signer has made, shown this once; nil for one that was brought.
    package var key: SecretBytes?

    package init(description: KeyEncryptionKeyDescription, key: SecretBytes?) {
        self.description = description
        self.key = key
    }
}

/// Lists the keys by their names: `administration.listKeyEncryptionKeys`.
package struct ListKeyEncryptionKeysRequest: RemoteRequest {
    package typealias Reply = Page<KeyEncryptionKeyDescription>
    package static let method = "administration.listKeyEncryptionKeys"

    package var cursor: String?

    package init(cursor: String? = nil) {
        self.cursor = cursor
    }
}

/// Forgets a key: nothing is encrypted with it any more: `administration.removeKeyEncryptionKey`.
package struct RemoveKeyEncryptionKeyRequest: RemoteRequest {
    package typealias Reply = KeyEncryptionKeyDescription
    package static let method = "administration.removeKeyEncryptionKey"

    package var name: String

    package init(name: String) {
        self.name = name
    }
}
