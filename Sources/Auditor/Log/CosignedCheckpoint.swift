internal import ClusterProtocol
internal import ClusterTransport
internal import TransparencyLog

/// A checkpoint of this log with its witness's cosignature, verified.
struct CosignedCheckpoint: Sendable {
    let note: SignedNote
    let checkpoint: Checkpoint
    let witness: NoteVerifierKey
    /// When, in seconds since 1970.
    let time: Int64

    /// - Throws: ``ServiceError`` with code `invalid-argument` unless log and witness have signed it.
    init(_ text: String, witness: String, log: NoteVerifierKey) throws {
        do {
            self.witness = try NoteVerifierKey(parsing: witness)
            note = try SignedNote(parsing: Array(text.utf8))
            checkpoint = try Checkpoint.verified(note, by: log)
            guard self.witness.type == .cosignature, let time = try Cosignature.time(of: note, by: self.witness) else {
                throw TransparencyLogError("The checkpoint has no cosignature of «\(self.witness.name)».")
            }
            self.time = time
        } catch let error as TransparencyLogError {
            throw ServiceError(.invalidArgument, error.description)
        }
    }
}
