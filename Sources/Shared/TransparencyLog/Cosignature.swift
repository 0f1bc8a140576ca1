/// A witness's statement that a checkpoint is consistent with all it saw before, as of a time (C2SP tlog-cosignature).
package enum Cosignature {
    /// Adds a witness's cosignature to a checkpoint.
    ///
    /// - Parameter time: in seconds since 1970.
    package static func add(to note: inout SignedNote, by witness: NoteSigner, at time: Int64) throws {
        guard time >= 0 else { throw TransparencyLogError("A cosignature has no time before 1970.") }
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: time >> (56 - 8 * Int64($0))) }
        try note.add(bytes + witness.sign(message(time, note.text)), of: witness.verifierKey)
    }

    /// When a witness has cosigned a checkpoint, in seconds since 1970; nil where it has not.
    ///
    /// - Throws: ``TransparencyLogError`` where there is a cosignature under the key's name and hash that is not its own.
    package static func time(of note: SignedNote, by witness: NoteVerifierKey) throws -> Int64? {
        var newest: Int64?
        for signature in note.signatures(of: witness) {
            let time = signature.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard signature.bytes.count == 72, let time = Int64(exactly: time),
                witness.isSignature(Array(signature.bytes.dropFirst(8)), of: message(time, note.text))
            else {
                throw TransparencyLogError("The cosignature of «\(witness.name)» does not verify.")
            }
            newest = max(newest ?? time, time)
        }
        return newest
    }

    private static func message(_ time: Int64, _ text: [UInt8]) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n".utf8) + text
    }
}
