package import TransparencyLog

/// What a log is compared with.
package struct VerificationOptions: Sendable {
    /// The log's public key, from someone whom the verifier trusts.
    package var key: NoteVerifierKey
    package var witness: NoteVerifierKey?
    /// A checkpoint that was kept: what is there now has to continue it.
    package var since: Checkpoint?
    /// A copy of the signer's ledger.
    package var ledger: String?
    /// A folder with the entries that the log has pruned.
    package var archive: String?

    package init(key: NoteVerifierKey) {
        self.key = key
    }
}

/// What came out.
package struct VerificationReport: Sendable {
    /// As the log has signed it; nil where there is none that is any good.
    package var checkpoint: Checkpoint?
    package var note: SignedNote?
    /// When the witness has cosigned it, in seconds since 1970; nil where no witness's key was given.
    package var witnessedAt: Int64?
    /// The size of the tree that it has cosigned.
    package var witnessedSize: Int64?
    /// Events whose bytes were read.
    package var events: Int64 = 0
    /// Events of which only the hash is there, as the log says.
    package var pruned: Int64 = 0
    package var sources = 0
    package var runs = 0
    /// Events that sources said they could not keep.
    package var dropped: Int64 = 0
    package var ledger: LedgerReport?
    /// What could not be verified, and what is no fault and yet worth knowing.
    package var remarks: [String] = []
    package var findings = Findings()

    package var isClean: Bool { findings.count == 0 }
}

package struct LedgerReport: Sendable {
    package var certificates: Int64 = 0
    package var revocations: Int64 = 0
    /// Certificates and revocations whose events wait in the ledger to be sent.
    package var waiting: Int64 = 0
    /// Events that are newer than the copy of the ledger.
    package var newer: Int64 = 0
    /// Certificates whose events were pruned.
    package var pruned: Int64 = 0
}
