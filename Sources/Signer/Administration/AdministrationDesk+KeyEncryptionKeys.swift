internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import GRDB

/// Named symmetric keys, with which devices ask for the encryption of the private keys that the signer makes.
extension AdministrationDesk {
    private static let maximumKeys = 10_000
    private static let maximumBoundNames = 100

    func addKeyEncryptionKey(_ request: AddKeyEncryptionKeyRequest) async throws -> AddedKeyEncryptionKey {
        let identifier = try requireValid(request)
        let generated = request.key == nil ? SymmetricKey(size: .bits256) : nil
        let key =
            generated?.withUnsafeBytes { SensitiveBytes([$0]) }
            ?? (request.key?.revealed ?? Data()).withUnsafeBytes { SensitiveBytes([$0]) }
        var record = KeyEncryptionKeyRecord(
            identifier: identifier, label: request.label, names: request.names, wrapped: Data(),
            createdAt: core.seconds())
        do {
            record.wrapped = try core.keyWrapping.wrap(key, context: record.context)
        } catch let error as KeyStoreError {
            throw ServiceError(.invalidArgument, error.message, cause: error)
        }
        let description = try await change(.keyEncryptionKeyAdded) { [record] db, event in
            Self.fill(&event, record)
            event.reasonText = request.key == nil ? "made by the signer" : "brought by the operator"
            guard try KeyEncryptionKeyTable.find(db, identifier: record.identifier) == nil else {
                throw ServiceError(
                    .invalidArgument,
                    "There is a key «\(record.description.name)» already: remove it first, or take another name.")
            }
            guard try KeyEncryptionKeyTable.count(db) < Self.maximumKeys else {
                throw ServiceError(.invalidArgument, "There are \(Self.maximumKeys) keys already: remove some.")
            }
            try KeyEncryptionKeyTable.insert(db, record)
            return record.description
        }
        return AddedKeyEncryptionKey(
            description: description, key: generated.map { SecretBytes($0.withUnsafeBytes { Data($0) }) })
    }

    func listKeyEncryptionKeys(
        _ request: ListKeyEncryptionKeysRequest
    ) async throws -> Page<KeyEncryptionKeyDescription> {
        let after = try request.cursor.map { try identifier($0) } ?? Data()
        let keys = try core.ledger.read {
            try KeyEncryptionKeyTable.list($0, after: after, limit: Self.pageSize)
        }
        return try page(of: keys.map(\.description), cursor: \.name)
    }

    func removeKeyEncryptionKey(_ request: RemoveKeyEncryptionKeyRequest) async throws -> KeyEncryptionKeyDescription {
        let identifier = try identifier(request.name)
        return try await change(.keyEncryptionKeyRemoved) { db, event in
            guard let record = try KeyEncryptionKeyTable.find(db, identifier: identifier) else {
                throw ServiceError(.notFound, "There is no key «\(request.name)».")
            }
            Self.fill(&event, record)
            try KeyEncryptionKeyTable.delete(db, identifier: identifier)
            return record.description
        }
    }

    /// - Returns: the identifier.
    private func requireValid(_ request: AddKeyEncryptionKeyRequest) throws -> Data {
        let identifier = try identifier(request.name)
        if let label = request.label, core.policy.label(label) == nil {
            throw ServiceError(.invalidArgument, "There is no label «\(label)».")
        }
        if let names = request.names {
            guard (1...Self.maximumBoundNames).contains(names.count),
                names.allSatisfy({ (1...512).contains($0.utf8.count) })
            else {
                throw ServiceError(
                    .invalidArgument,
                    "A key is bound to 1 to \(Self.maximumBoundNames) names of 1 to 512 bytes, or to none.")
            }
        }
        if let key = request.key, key.revealed.count != AddKeyEncryptionKeyRequest.keyBytes {
            throw ServiceError(
                .invalidArgument,
                "A key has \(AddKeyEncryptionKeyRequest.keyBytes) bytes (AES-256), and this one has \(key.revealed.count)."
            )
        }
        return identifier
    }

    private func identifier(_ name: String) throws -> Data {
        guard let identifier = KeyEncryptionKeyName.identifier(name) else {
            throw ServiceError(
                .invalidArgument,
                "A key's name has 1 to \(KeyEncryptionKeyName.maximumBytes) bytes of text that shows, or is «hex:» and "
                    + "as many bytes in hexadecimal digits.")
        }
        return identifier
    }

    private static func fill(_ event: inout AuditEvent, _ record: KeyEncryptionKeyRecord) {
        event.principal = "kek:\(record.description.name)"
        event.label = record.label
        event.names = record.names
    }
}

extension KeyEncryptionKeyRecord {
    fileprivate var description: KeyEncryptionKeyDescription {
        KeyEncryptionKeyDescription(
            name: KeyEncryptionKeyName.text(of: identifier), label: label, names: names, createdAt: createdAt)
    }
}
