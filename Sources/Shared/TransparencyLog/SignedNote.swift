/// A text with signatures (C2SP signed-note): of the log itself, and of witnesses.
package struct SignedNote: Sendable, Equatable {
    package static let maximumBytes = 64 << 10
    /// More are an error: the format asks for at least 16.
    package static let maximumSignatures = 100

    package struct Signature: Sendable, Equatable {
        package let name: String
        package let keyID: UInt32
        package let bytes: [UInt8]
    }

    /// The signed text, as it stands: it ends with a line break.
    package let text: [UInt8]
    package private(set) var signatures: [Signature]

    /// A note that nobody has signed yet.
    ///
    /// - Throws: ``TransparencyLogError`` where the text is none for a note.
    package init(text: String) throws {
        guard text.utf8.last == 0x0a, text.utf8.allSatisfy({ $0 >= 0x20 || $0 == 0x0a }) else {
            throw TransparencyLogError("A note's text ends with a line break and has no other control characters.")
        }
        self.text = Array(text.utf8)
        signatures = []
    }

    /// Reads a note. Whether its signatures are any good is for ``isSigned(by:)`` to tell.
    ///
    /// - Throws: ``TransparencyLogError`` that says what is wrong.
    package init(parsing bytes: [UInt8]) throws {
        guard bytes.count <= Self.maximumBytes else { throw TransparencyLogError("The note is too large.") }
        guard String(validating: bytes, as: UTF8.self) != nil, bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x0a }) else {
            throw TransparencyLogError("The note is not UTF-8, or has control characters.")
        }
        // The last empty line divides them: the text may have others.
        guard bytes.last == 0x0a,
            let blank = bytes.indices.dropLast().last(where: { bytes[$0...].starts(with: [10, 10]) })
        else { throw TransparencyLogError("The note has no signatures: they follow an empty line.") }
        text = Array(bytes[...blank])
        let lines = bytes[(blank + 2)...].dropLast().split(separator: 0x0a, omittingEmptySubsequences: false)
        guard lines.count <= Self.maximumSignatures else {
            throw TransparencyLogError("The note has more than \(Self.maximumSignatures) signatures.")
        }
        signatures = try lines.map(Self.signature)
    }

    /// The note as it is served and kept.
    package var bytes: [UInt8] {
        signatures.reduce(text + [0x0a]) { bytes, signature in
            let id = (0..<4).map { UInt8(truncatingIfNeeded: signature.keyID >> (24 - 8 * UInt32($0))) }
            return bytes + Array("— \(signature.name) \(Base64.encode(id + signature.bytes))\n".utf8)
        }
    }

    /// Whether a log has signed the text.
    ///
    /// - Throws: ``TransparencyLogError`` where there is a signature under the key's name and hash that is not its own.
    package func isSigned(by key: NoteVerifierKey) throws -> Bool {
        let own = signatures(of: key)
        guard own.allSatisfy({ key.isSignature($0.bytes, of: text) }) else {
            throw TransparencyLogError("The signature of «\(key.name)» does not verify: the text has been changed.")
        }
        return !own.isEmpty
    }

    /// The signatures that name a key by its name and hash.
    func signatures(of key: NoteVerifierKey) -> [Signature] {
        signatures.filter { $0.name.utf8.elementsEqual(key.name.utf8) && $0.keyID == key.id }
    }

    /// Adds a log's own signature.
    package mutating func sign(with signer: NoteSigner) throws {
        try add(signer.sign(text), of: signer.verifierKey)
    }

    /// Adds a signature, in the place of an earlier one by the same key.
    mutating func add(_ signature: [UInt8], of key: NoteVerifierKey) throws {
        signatures.removeAll { $0.name.utf8.elementsEqual(key.name.utf8) && $0.keyID == key.id }
        guard signatures.count < Self.maximumSignatures else {
            throw TransparencyLogError("The note has \(Self.maximumSignatures) signatures already.")
        }
        signatures.append(Signature(name: key.name, keyID: key.id, bytes: signature))
    }

    private static func signature(_ line: ArraySlice<UInt8>) throws -> Signature {
        // The form has been checked to be UTF-8.
        let text = String(decoding: line, as: UTF8.self)
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.elementsEqual("—".utf8), NoteKeyName.isValid(String(parts[1])),
            let encoded = Base64.decode(parts[2]), encoded.count > 4
        else { throw TransparencyLogError("A signature of a note looks like «— name base64».") }
        return Signature(
            name: String(parts[1]), keyID: encoded.prefix(4).reduce(0) { $0 << 8 | UInt32($1) },
            bytes: Array(encoded.dropFirst(4)))
    }
}
