internal import Crypto
internal import Foundation

extension NoteSigner {
    private static let prefix = "PRIVATE+KEY+"

    /// A new key, of a name.
    ///
    /// - Throws: ``TransparencyLogError`` where the name can't stand in a note.
    package init(newKeyOf name: String, type: NoteSignatureType) throws {
        try self.init(name: name, type: type, key: Curve25519.Signing.PrivateKey())
    }

    /// Reads the form in which signed-note's tools keep private keys: `PRIVATE+KEY+name+hash+base64`.
    ///
    /// - Throws: ``TransparencyLogError`` that says what is wrong, and nothing of the key.
    package init(parsingPrivate text: String) throws {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        let parts = text.dropFirst(Self.prefix.count).split(
            separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard text.hasPrefix(Self.prefix), parts.count == 3, let id = UInt32(parts[1], radix: 16),
            let encoded = Base64.decode(parts[2]), let first = encoded.first,
            let type = NoteSignatureType(rawValue: first),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: encoded.dropFirst())
        else { throw TransparencyLogError("A log's private key looks like \(Self.prefix)name+1a2b3c4d+base64.") }
        try self.init(name: String(parts[0]), type: type, key: key)
        guard id == verifierKey.id else {
            throw TransparencyLogError("The hash in the private key is not that of its name and public key.")
        }
    }

    /// The key as it is kept: for a file that only its owner may read.
    package var privateText: String {
        let hash = verifierKey.description.split(separator: "+", maxSplits: 2)[1]
        return "\(Self.prefix)\(verifierKey.name)+\(hash)+" + Base64.encode([verifierKey.type.rawValue] + seed)
    }
}
