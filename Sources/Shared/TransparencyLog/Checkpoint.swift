/// A log's statement of its tree (C2SP tlog-checkpoint): origin, size and root, as a note's text.
package struct Checkpoint: Sendable, Equatable {
    /// Which log it is, such as `audit.example.com/estuary`.
    package let origin: String
    /// The number of entries.
    package let size: Int64
    package let root: MerkleHash

    /// - Throws: ``TransparencyLogError`` where the origin can't stand in a note, or the size is negative.
    package init(origin: String, size: Int64, root: MerkleHash) throws {
        guard NoteKeyName.isValid(origin) else {
            throw TransparencyLogError("«\(origin.prefix(100))» is no origin: it may have no spaces and no plus sign.")
        }
        guard size >= 0 else { throw TransparencyLogError("A tree has no size below zero.") }
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// Reads a note's text. Extension lines are an error: no log of ours writes them, and nobody could audit them.
    ///
    /// - Throws: ``TransparencyLogError`` that says what is wrong.
    package init(parsing text: [UInt8]) throws {
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, lines[3].isEmpty, let size = Int64(lines[1]), String(size) == lines[1],
            let root = MerkleHash(base64: lines[2])
        else { throw TransparencyLogError("A checkpoint has three lines: the log's origin, its size and its root.") }
        try self.init(origin: String(lines[0]), size: size, root: root)
    }

    package var text: String { "\(origin)\n\(size)\n\(root.base64)\n" }

    /// The checkpoint as a note that the log has signed.
    package func signed(by log: NoteSigner) throws -> SignedNote {
        var note = try SignedNote(text: text)
        try note.sign(with: log)
        return note
    }

    /// Reads a note and verifies that the log of this key has signed it, for itself.
    ///
    /// - Throws: ``TransparencyLogError`` that says what is wrong.
    package static func verified(_ note: SignedNote, by log: NoteVerifierKey) throws -> Checkpoint {
        guard try note.isSigned(by: log) else {
            throw TransparencyLogError("The checkpoint has no signature of «\(log.name)».")
        }
        let checkpoint = try Checkpoint(parsing: note.text)
        guard checkpoint.origin.utf8.elementsEqual(log.name.utf8) else {
            throw TransparencyLogError("The checkpoint is of the log «\(checkpoint.origin)», not of «\(log.name)».")
        }
        return checkpoint
    }
}
