internal import Crypto
internal import Testing

@testable internal import TransparencyLog

/// Notes, keys, checkpoints, cosignatures and proofs in the forms of C2SP.
struct SignedNoteTests {
    /// The example of golang.org/x/mod/sumdb/note, the format's origin.
    private static let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    private static let note = """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.

        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=

        """

    private func signer(_ name: String, _ type: NoteSignatureType = .ed25519) throws -> NoteSigner {
        try NoteSigner(name: name, type: type, key: Curve25519.Signing.PrivateKey())
    }

    @Test func theFormatsOwnExampleVerifies() throws {
        let key = try NoteVerifierKey(parsing: Self.key)
        #expect("\(key)" == Self.key)
        let note = try SignedNote(parsing: Array(Self.note.utf8))
        #expect(try note.isSigned(by: key))
        #expect(note.bytes == Array(Self.note.utf8))
        let changed = try SignedNote(parsing: Array(Self.note.replacing("cryptography", with: "blockchain").utf8))
        #expect(throws: TransparencyLogError.self) { try changed.isSigned(by: key) }
    }

    @Test(arguments: [
        "", "PeterNeumann", "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PeterNeumann+c74f20a3+AQ==",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T", "+c74f20a3+AQ==",
    ])
    func aKeyThatIsNoneIsRefused(_ text: String) {
        #expect(throws: TransparencyLogError.self) { try NoteVerifierKey(parsing: text) }
    }

    @Test(arguments: [
        "", "\n", "text", "text\n", "text\n\n", "text\n\n— name\n", "text\n\n— name !!!!\n", "text\n\n— name AAAA\n",
        "text\n\n- name AAAAAAA=\n", "text\n\n— na+me AAAAAAA=\n", "text\n\n— name AAAAAAA=",
        "te\rxt\n\n— name AAAAAAA=\n",
        "text\n\n— name AAAAAAA=\n\n", "text\n\n— name AAAAAAB=\n",
    ])
    func whatIsNoNoteIsRefused(_ text: String) {
        #expect(throws: TransparencyLogError.self) { try SignedNote(parsing: Array(text.utf8)) }
    }

    @Test func unknownSignaturesArePassedOver() throws {
        let (log, other) = (try signer("log.example.com"), try signer("log.example.com"))
        var note = try Checkpoint(origin: "log.example.com", size: 3, root: .empty).signed(by: other)
        #expect(try !note.isSigned(by: log.verifierKey))
        try note.sign(with: log)
        let read = try SignedNote(parsing: note.bytes)
        #expect(read == note)
        #expect(try Checkpoint.verified(read, by: log.verifierKey).size == 3)
        #expect(try Checkpoint.verified(read, by: other.verifierKey).size == 3)
    }

    @Test func aTextMayHaveEmptyLines() throws {
        let log = try signer("log")
        var note = try SignedNote(text: "one\n\ntwo\n")
        try note.sign(with: log)
        let read = try SignedNote(parsing: note.bytes)
        #expect(read.text == Array("one\n\ntwo\n".utf8))
        #expect(try read.isSigned(by: log.verifierKey))
    }

    @Test func aNoteOfTooManySignaturesIsRefused() throws {
        let line = "— name AAAAAAA=\n"
        let most = "text\n\n" + String(repeating: line, count: SignedNote.maximumSignatures)
        #expect(try SignedNote(parsing: Array(most.utf8)).signatures.count == SignedNote.maximumSignatures)
        #expect(throws: TransparencyLogError.self) { try SignedNote(parsing: Array((most + line).utf8)) }
        let large = String(repeating: "a", count: SignedNote.maximumBytes) + "\n\n" + line
        #expect(throws: TransparencyLogError.self) { try SignedNote(parsing: Array(large.utf8)) }
    }

    @Test(arguments: [
        "log\n3\n", "log\n03\n\(MerkleHash.empty.base64)\n", "log\n-1\n\(MerkleHash.empty.base64)\n", "log\n3\nAAAA\n",
        "\n3\n\(MerkleHash.empty.base64)\n", "log\n3\n\(MerkleHash.empty.base64)\nextension\n",
        "log\n3\n\(MerkleHash.empty.base64)", "l og\n3\n\(MerkleHash.empty.base64)\n",
        "log\n99999999999999999999\n\(MerkleHash.empty.base64)\n",
    ])
    func whatIsNoCheckpointIsRefused(_ text: String) {
        #expect(throws: TransparencyLogError.self) { try Checkpoint(parsing: Array(text.utf8)) }
    }

    @Test func aCheckpointIsOfItsOwnLogAlone() throws {
        let log = try signer("log.example.com")
        let note = try Checkpoint(origin: "other.example.com", size: 0, root: .empty).signed(by: log)
        #expect(throws: TransparencyLogError.self) { try Checkpoint.verified(note, by: log.verifierKey) }
    }

    @Test func aWitnessCosignsWithItsTime() throws {
        let (log, witness) = (try signer("log.example.com"), try signer("signer.example.com", .cosignature))
        var note = try Checkpoint(origin: "log.example.com", size: 3, root: .empty).signed(by: log)
        #expect(try Cosignature.time(of: note, by: witness.verifierKey) == nil)
        try Cosignature.add(to: &note, by: witness, at: 1_679_315_147)
        let read = try SignedNote(parsing: note.bytes)
        #expect(try Cosignature.time(of: read, by: witness.verifierKey) == 1_679_315_147)
        // A later one takes its place.
        try Cosignature.add(to: &note, by: witness, at: 1_679_315_148)
        #expect(note.signatures.count == 2)
        #expect(try Cosignature.time(of: note, by: witness.verifierKey) == 1_679_315_148)
        // Its time is signed, too.
        let bytes = read.signatures[1].bytes
        var forged = read
        try forged.add([UInt8](repeating: 0, count: 8) + bytes.dropFirst(8), of: witness.verifierKey)
        #expect(throws: TransparencyLogError.self) { try Cosignature.time(of: forged, by: witness.verifierKey) }
        #expect(throws: TransparencyLogError.self) { try Cosignature.add(to: &forged, by: witness, at: -1) }
    }

    @Test func aProofIsVerifiedWithTheLogsKeyAlone() throws {
        let log = try signer("log.example.com")
        let tree = try TestTree(entries: 300)
        let checkpoint = try Checkpoint(origin: "log.example.com", size: 300, root: tree.edge.root).signed(by: log)
        for (index, extra) in [(Int64(0), nil), (299, [UInt8](1...9))] {
            let proof = EntryProof(
                index: index, hashes: try tree.tree().inclusionProof(of: index), checkpoint: checkpoint, extra: extra)
            let read = try EntryProof(parsing: proof.bytes)
            #expect(read == proof)
            let entry = Array("entry \(index)".utf8)
            #expect(try read.verify(entry, log: log.verifierKey).size == 300)
            #expect(throws: TransparencyLogError.self) { try read.verify(entry + [0], log: log.verifierKey) }
            let stranger = try signer("log.example.com")
            #expect(throws: TransparencyLogError.self) { try read.verify(entry, log: stranger.verifierKey) }
        }
    }

    @Test func aChangedProofIsRefused() throws {
        let log = try signer("log.example.com")
        let tree = try TestTree(entries: 5)
        let checkpoint = try Checkpoint(origin: "log.example.com", size: 5, root: tree.edge.root).signed(by: log)
        let bytes = EntryProof(index: 2, hashes: try tree.tree().inclusionProof(of: 2), checkpoint: checkpoint).bytes
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1
            #expect(throws: TransparencyLogError.self, "byte \(place)") {
                try EntryProof(parsing: changed).verify(Array("entry 2".utf8), log: log.verifierKey)
            }
        }
        for length in 0..<bytes.count {
            #expect(throws: TransparencyLogError.self) {
                try EntryProof(parsing: Array(bytes.prefix(length))).verify(
                    Array("entry 2".utf8), log: log.verifierKey)
            }
        }
    }
}
