package import Crypto
internal import Foundation

/// What a signature on a note says, and by which algorithm: the type byte of C2SP signed-note.
package enum NoteSignatureType: UInt8, Sendable {
    /// Ed25519 over the note's text: a log's own signature.
    case ed25519 = 0x01
    /// An Ed25519 cosignature with its time (C2SP tlog-cosignature): a witness's.
    case cosignature = 0x04
}

/// The public key of who signs notes, with its name: `name+hash+base64`, as C2SP signed-note writes it.
package struct NoteVerifierKey: Sendable, Equatable, CustomStringConvertible {
    package let name: String
    package let type: NoteSignatureType
    /// The Ed25519 public key, 32 bytes (RFC 8032).
    package let publicKey: [UInt8]

    /// - Throws: ``TransparencyLogError`` where the name can't stand in a note, or the key is none.
    package init(name: String, type: NoteSignatureType, publicKey: [UInt8]) throws {
        guard NoteKeyName.isValid(name) else {
            throw TransparencyLogError("«\(name.prefix(100))» is no key name: it may have no spaces and no plus sign.")
        }
        guard (try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)) != nil else {
            throw TransparencyLogError("An Ed25519 public key has 32 bytes.")
        }
        self.name = name
        self.type = type
        self.publicKey = publicKey
    }

    /// Reads the form `name+hash+base64`.
    ///
    /// - Throws: ``TransparencyLogError`` that says what is wrong.
    package init(parsing text: String) throws {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].utf8.count == 8, let id = UInt32(parts[1], radix: 16),
            let encoded = Base64.decode(parts[2]), let first = encoded.first
        else { throw TransparencyLogError("A log's key looks like name+1a2b3c4d+base64.") }
        guard let type = NoteSignatureType(rawValue: first) else {
            throw TransparencyLogError("The key's type \(first) is not supported: 1 is Ed25519, 4 a witness's.")
        }
        try self.init(name: String(parts[0]), type: type, publicKey: Array(encoded.dropFirst()))
        guard id == self.id else {
            throw TransparencyLogError("The hash in the key is not that of its name and bytes: was it cut or mistyped?")
        }
    }

    /// SHA-256 of name, type and key, its first four bytes.
    package var id: UInt32 {
        var hash = SHA256()
        hash.update(data: Array(name.utf8) + [0x0a, type.rawValue])
        hash.update(data: publicKey)
        return hash.finalize().prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    package var description: String {
        let digits = String(id, radix: 16)
        let hash = String(repeating: "0", count: 8 - digits.count) + digits
        return "\(name)+\(hash)+\(Base64.encode([type.rawValue] + publicKey))"
    }

    package static func == (one: NoteVerifierKey, other: NoteVerifierKey) -> Bool {
        one.name.utf8.elementsEqual(other.name.utf8) && one.type == other.type && one.publicKey == other.publicKey
    }

    func isSignature(_ signature: some DataProtocol, of message: [UInt8]) -> Bool {
        // The initializer has read it.
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return key.isValidSignature(signature, for: message)
    }
}

/// The private key of who signs notes.
package struct NoteSigner: Sendable {
    package let verifierKey: NoteVerifierKey
    private let key: Curve25519.Signing.PrivateKey

    /// - Throws: ``TransparencyLogError`` where the name can't stand in a note.
    package init(name: String, type: NoteSignatureType, key: Curve25519.Signing.PrivateKey) throws {
        self.key = key
        verifierKey = try NoteVerifierKey(name: name, type: type, publicKey: Array(key.publicKey.rawRepresentation))
    }

    var seed: [UInt8] { Array(key.rawRepresentation) }

    func sign(_ message: [UInt8]) throws -> [UInt8] {
        Array(try key.signature(for: message))
    }
}

/// The rule for names of keys: not empty, no Unicode spaces, no plus sign; and nothing that a note can't have.
enum NoteKeyName {
    static let maximumBytes = 512

    static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= maximumBytes
            && name.unicodeScalars.allSatisfy { $0 != "+" && !$0.properties.isWhitespace && $0.value >= 0x20 }
    }
}
