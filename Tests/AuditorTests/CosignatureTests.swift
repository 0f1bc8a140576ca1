internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Testing
internal import TransparencyLog

@testable internal import Auditor

/// What the log shows to its witness, and what it takes from it.
@Suite struct CosignatureTests {
    let folder: TemporaryFolder
    let path: String
    let witness: NoteSigner
    let signer = Source(name: "signer")

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("events.sqlite")
        witness = try NoteSigner(newKeyOf: "witness", type: .cosignature)
    }

    private func cosign(_ store: EventStore, at time: Int64 = 1_800_000_000) async throws -> WitnessReport {
        var note = try await store.checkpoint().note
        try Cosignature.add(to: &note, by: witness, at: time)
        return WitnessReport(
            witness: witness.verifierKey.description, checkpoint: String(decoding: note.bytes, as: UTF8.self),
            alarm: nil)
    }

    @Test func evidenceProvesEachLineAndTheGrowth() async throws {
        let lines = try (1...700).map { try signer.line(Int64($0)) }
        let other = Source(name: "frontend-1", run: "r")
        try await withStore(at: path) { store in
            _ = try await store.append(source: "signer", signer.request(Array(lines[..<300])))
            let before = try Checkpoint(parsing: await store.checkpoint().note.text)
            _ = try await store.append(source: "frontend-1", other.request([other.line(1, .started)]))
            _ = try await store.append(source: "signer", signer.request(Array(lines[300...]), from: 301))
            let evidence = try await store.evidence(
                since: 300, source: "signer", run: signer.run, sequences: 290..<701)
            let after = try Checkpoint.verified(
                SignedNote(parsing: Array(evidence.checkpoint.utf8)), by: store.logKey)
            try MerkleProof.verifyConsistency(
                from: (before.size, before.root), to: (after.size, after.root),
                proof: evidence.consistency.compactMap { MerkleHash(base64: $0) })
            let indexes = try #require(evidence.indexes)
            #expect(indexes == Array(289..<300) + Array(301..<701))
            try MerkleProof.verifyInclusion(
                ofEach: zip(indexes, lines[289...]).map { ($0, .leaf(Array($1.utf8))) }, in: after.size,
                root: after.root, proof: evidence.inclusion.compactMap { MerkleHash(base64: $0) })
            // What is not there is not shown, and a witness that knows more gets no proof.
            #expect(
                try await store.evidence(since: 0, source: "signer", run: signer.run, sequences: 700..<702).indexes
                    == nil)
            #expect(try await store.evidence(since: 9000, source: "signer", run: signer.run).consistency == [])
        }
    }

    @Test func whatIsCosignedIsShownAndKept() async throws {
        try await withStore(at: path) { store in
            _ = try await store.append(source: "signer", signer.request(1...3))
            #expect(try await store.servedCheckpoint().signatures.count == 1)
            try await store.take(cosign(store))
            #expect(try await store.servedCheckpoint().signatures.count == 2)
            // A newer one waits for its cosignature.
            _ = try await store.append(source: "signer", signer.request(4...5))
            let served = try await store.servedCheckpoint()
            #expect(try Checkpoint(parsing: served.text).size == 3)
            #expect(try Cosignature.time(of: served, by: witness.verifierKey) == 1_800_000_000)
            // A proof of an event that the witness has seen has its word.
            let (seen, unseen) = (
                try await store.inclusionProof(place: 3), try await store.inclusionProof(place: 4)
            )
            #expect(seen?.checkpoint.signatures.count == 2)
            #expect(unseen?.checkpoint.signatures.count == 1)
            try await store.take(cosign(store))
            let newest = try await store.servedCheckpoint()
            #expect(try Checkpoint(parsing: newest.text).size == 5)
        }
        try await withStore(at: path) { store in
            let kept = try await store.servedCheckpoint()
            #expect(kept.signatures.count == 2)
        }
    }

    @Test func whatIsShownNeverGoesBack() throws {
        let state = WitnessState()
        let log = try NoteSigner(newKeyOf: "log", type: .ed25519)
        func note(_ size: Int64) throws -> (note: SignedNote, size: Int64) {
            (try Checkpoint(origin: "log", size: size, root: .empty).signed(by: log), size)
        }
        func take(_ size: Int64, at time: ContinuousClock.Instant) throws {
            var note = try note(size).note
            try Cosignature.add(to: &note, by: witness, at: 1)
            let text = String(decoding: note.bytes, as: UTF8.self)
            let key = witness.verifierKey.description
            state.take(
                WitnessReport(witness: key, checkpoint: text, alarm: nil),
                cosigned: try CosignedCheckpoint(text, witness: key, log: log.verifierKey), at: time)
        }
        let start = ContinuousClock.now
        try take(3, at: start)
        #expect(try Checkpoint(parsing: state.choose(newest: note(5), cosigned: note(3), at: start).text).size == 3)
        // The witness is away for too long.
        let later = start + .seconds(60)
        #expect(try Checkpoint(parsing: state.choose(newest: note(9), cosigned: note(3), at: later).text).size == 9)
        try take(7, at: later)
        #expect(try Checkpoint(parsing: state.choose(newest: note(9), cosigned: note(7), at: later).text).size == 9)
        try take(10, at: later)
        #expect(try Checkpoint(parsing: state.choose(newest: note(12), cosigned: note(10), at: later).text).size == 10)
    }

    @Test func whatIsNotOfThisLogIsRefused() async throws {
        try await withStore(at: path) { store in
            _ = try await store.append(source: "signer", signer.request(1...3))
            let good = try await cosign(store)
            var wrong = good
            wrong.witness = try NoteSigner(newKeyOf: "witness", type: .cosignature).verifierKey.description
            await #expect(throws: ServiceError.self) { try await store.take(wrong) }
            wrong = good
            wrong.checkpoint = wrong.checkpoint?.replacing("\n3\n", with: "\n4\n")
            await #expect(throws: ServiceError.self) { try await store.take(wrong) }
            #expect(try await store.servedCheckpoint().signatures.count == 1)
            #expect(store.witness.last == nil)
            try await store.take(WitnessReport(witness: good.witness, checkpoint: nil, alarm: "It went back."))
            #expect(store.witness.last?.report.alarm == "It went back.")
        }
    }
}
