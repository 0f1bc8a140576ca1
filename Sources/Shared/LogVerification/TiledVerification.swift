internal import TransparencyLog

/// Verifies a log by what it serves: checkpoint, tiles and entries (C2SP tlog-tiles).
package struct TiledVerification<Log: TiledLog> {
    private let log: Log
    private let options: VerificationOptions
    private var report = VerificationReport()
    /// How many events at the beginning are not there.
    private var absent: Int64 = 0

    private init(log: Log, options: VerificationOptions) {
        self.log = log
        self.options = options
    }

    /// - Throws: ``VerificationError`` where there is nothing that could be verified; anything else is a finding.
    package static func run(_ log: Log, _ options: VerificationOptions) async throws -> VerificationReport {
        var verification = TiledVerification(log: log, options: options)
        try await verification.verify()
        return verification.report
    }

    private mutating func verify() async throws {
        guard let note = try await log.read("checkpoint") else {
            throw VerificationError("There is no checkpoint: is it a log?")
        }
        CheckpointCheck.read(note, options, place: "checkpoint", &report)
        guard let size = report.checkpoint?.size else { return }
        let archive = options.archive.map { TileFolder(path: $0) }
        var scan = try LogScan(options)
        let full = Int64(TileAddress.fullWidth)
        for start in stride(from: 0, to: size, by: Int(full)) {
            guard let address = TileAddress(level: 0, index: start / full, treeSize: size) else { return }
            let lines = try await lines(address, archive: archive)
            let isKnown = absent == 0
            try scan.append(
                lines, stored: try await hashes(address), firstSequence: { _ in isKnown ? 1 : nil })
            if scan.tree.brokenAt != nil { break }
            if (start + full).isMultiple(of: full * full) { try await verifyUpperTiles(&scan.tree, all: false) }
        }
        try await verifyUpperTiles(&scan.tree, all: true)
        report.pruned = absent
        let pruned = scan.sequences.pruned
        if absent > pruned || (absent > 0 && absent < pruned) {
            report.findings.add(
                .pruning, "tile/entries",
                "The first \(absent) events are not there, and the log says that \(pruned) were pruned.")
        }
        try scan.finish(&report, hasAllEvents: absent == 0)
    }

    /// The events of a bundle; those that are not there are nil.
    private mutating func lines(_ address: TileAddress, archive: TileFolder?) async throws -> [[UInt8]?] {
        let none = [[UInt8]?](repeating: nil, count: address.width)
        let path = address.entriesPath
        var bytes = try await log.read(path)
        if bytes == nil, !address.isPartial { bytes = try await archive?.read(path) }
        guard let bytes else {
            if absent == address.index * Int64(TileAddress.fullWidth), !address.isPartial {
                absent += Int64(address.width)
            } else {
                report.findings.add(.missing, path, "The bundle of events is not there.")
            }
            return none
        }
        do {
            let entries = try EntryBundle.decode(bytes)
            if entries.count == address.width { return entries }
            report.findings.add(.missing, path, "The bundle has \(entries.count) events instead of \(address.width).")
            return Array((entries.map { $0 } + none).prefix(address.width))
        } catch {
            report.findings.add(.unreadable, path, "\(error)")
            return none
        }
    }

    private func hashes(_ address: TileAddress) async throws -> [MerkleHash] {
        StoredTile.hashes(try await log.read(address.path) ?? [])
    }

    private mutating func verifyUpperTiles(_ tree: inout TreeCheck, all: Bool) async throws {
        for address in tree.tilesToCompare(all: all) {
            tree.compare(address, stored: try await hashes(address))
        }
    }
}
