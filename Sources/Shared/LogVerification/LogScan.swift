internal import ClusterProtocol
internal import TransparencyLog

/// What every verification does with the events, wherever they are read.
struct LogScan {
    var tree: TreeCheck
    private(set) var sequences = SequenceCheck()
    var ledger: LedgerCheck?
    private(set) var events: Int64 = 0

    /// - Parameter formers: what the log has to continue, beside what the options say.
    init(_ options: VerificationOptions, formers: [TreeCheck.Former] = []) throws {
        ledger = try options.ledger.map { try LedgerCheck(path: $0) }
        var formers = formers
        if let since = options.since {
            formers.append(.init(place: "kept checkpoint of \(since.size) events", checkpoint: since))
        }
        if let witnessed = try ledger?.witnessed(log: options.key) {
            formers.append(
                .init(place: "ledger, checkpoint of \(witnessed.size) events", checkpoint: witnessed, mayBeNewer: true))
        }
        tree = TreeCheck(formers)
    }

    /// Takes the events of the next tile of level 0.
    ///
    /// - Parameters:
    ///   - lines: nil for each that is not there.
    ///   - firstSequence: which number a run that is new here begins with; nil where that is not known.
    ///   - each: gets every event that could be read, with its place.
    mutating func append(
        _ lines: [[UInt8]?], stored: [MerkleHash], firstSequence: (SequenceCheck.Run) -> Int64? = { _ in 1 },
        each: (Int64, AuditEvent) throws -> Void = { _, _ in }
    ) throws {
        let start = tree.size + 1
        tree.append(lines.map { $0.map { .leaf($0) } }, stored: stored)
        for (offset, line) in lines.enumerated() {
            guard let line else { continue }
            events += 1
            let place = start + Int64(offset)
            guard let event = sequences.append(line, place: place, firstSequence: firstSequence) else { continue }
            try each(place, event)
            try ledger?.append(event, line: line, place: place)
        }
    }

    /// Adds what came out of it.
    mutating func finish(_ report: inout VerificationReport, hasAllEvents: Bool) throws {
        report.findings.add(tree.findings(signed: report.checkpoint))
        report.findings.add(sequences.findings)
        report.events = events
        report.dropped = sequences.dropped
        report.runs = sequences.runs.count
        report.sources = Set(sequences.runs.keys.map(\.source)).count
        remarkOnRuns(&report)
        if sequences.dropped > 0 {
            report.remarks.append(
                "Sources have said that they could not keep \(sequences.dropped) events: `dropped` events tell when.")
        }
        report.ledger = try ledger?.finish(
            runs: sequences.runs, hasAllEvents: hasAllEvents, findings: &report.findings)
    }

    /// A run that did not say that it ended may have had more to tell.
    private func remarkOnRuns(_ report: inout VerificationReport) {
        var newest: [String: Int64] = [:]
        for (run, state) in sequences.runs { newest[run.source] = max(newest[run.source] ?? 0, state.lastPlace) }
        let open = sequences.runs.filter { !$1.isClosed && newest[$0.source] != $1.lastPlace }
        let shown = open.sorted { $0.value.lastPlace < $1.value.lastPlace }.prefix(20)
        for (run, state) in shown {
            report.remarks.append(
                "\(run.source), run \(run.run), did not say that it ended: nobody knows of events after its number"
                    + " \(state.last), place \(state.lastPlace).")
        }
        if open.count > shown.count {
            report.remarks.append("So did \(open.count - shown.count) other runs.")
        }
    }
}

/// Reads a checkpoint as the log has signed it.
enum CheckpointCheck {
    static func read(
        _ bytes: [UInt8], _ options: VerificationOptions, place: String, _ report: inout VerificationReport
    ) {
        do {
            let note = try SignedNote(parsing: bytes)
            report.note = note
            report.checkpoint = try Checkpoint.verified(note, by: options.key)
            if let witness = options.witness {
                do {
                    report.witnessedAt = try Cosignature.time(of: note, by: witness)
                    report.witnessedSize = report.checkpoint?.size
                    if report.witnessedAt == nil {
                        report.findings.add(
                            .cosignature, place, "The checkpoint has no cosignature of «\(witness.name)».")
                    }
                } catch {
                    report.findings.add(.cosignature, place, "\(error)")
                }
            } else if note.signatures.count > 1 {
                report.remarks.append(
                    "The checkpoint has \(note.signatures.count - 1) further signatures, which nobody verified: give"
                        + " the witness's key with --witness-key.")
            }
        } catch {
            report.findings.add(.checkpoint, place, "\(error)")
        }
    }
}
