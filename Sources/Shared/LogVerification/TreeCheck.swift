internal import TransparencyLog

/// Makes the tree anew from the events, and compares it with the stored tiles and with what was signed.
///
/// Where an event and its stored hash differ, two trees are made from there on: one with the event, one with the hash.
/// The signed root tells which of the two was changed. No I/O here: whoever reads gives leaves and tiles.
struct TreeCheck {
    /// An earlier state of the log that somebody vouches for.
    struct Former {
        /// Where it is from, for findings.
        var place: String
        var checkpoint: Checkpoint
        /// Whether what is verified may be older: it is a copy of its own.
        var mayBeNewer = false
    }

    private let formers: [Former]
    /// With the events wherever they are there.
    private var events = TileEdge()
    /// With the stored hashes wherever they are there; nil as long as it is the same.
    private var hashes: TileEdge?
    /// The roots that the tree had at the formers' sizes.
    private var roots: [Int64: (events: MerkleHash, hashes: MerkleHash)] = [:]
    /// Places of events whose hash is another than the stored one.
    private var differing = Bounded()
    private var tiles: [TileAddress: (events: [MerkleHash], hashes: [MerkleHash])] = [:]
    private var damaged: (events: [TileAddress], hashes: [TileAddress]) = ([], [])
    private var shortTiles: [TileAddress] = []
    /// The first place of which neither event nor hash is there.
    private(set) var brokenAt: Int64?

    private struct Bounded {
        var places: [Int64] = []
        var count = 0

        mutating func add(_ place: Int64) {
            count += 1
            if places.count < Findings.maximum { places.append(place) }
        }
    }

    init(_ formers: [Former]) {
        self.formers = formers
        if formers.contains(where: { $0.checkpoint.size == 0 }) { roots[0] = (.empty, .empty) }
    }

    var size: Int64 { events.size }

    /// Takes the leaves of the next tile of level 0.
    ///
    /// - Parameters:
    ///   - leaves: the hash of each event; nil for one that is not there.
    ///   - stored: the stored tile's hashes, as far as it has any.
    mutating func append(_ leaves: [MerkleHash?], stored: [MerkleHash]) {
        let address = TileAddress(level: 0, index: size / Int64(TileAddress.fullWidth), width: max(1, leaves.count))
        if stored.count != leaves.count { shortTiles.append(address) }
        for (offset, leaf) in leaves.enumerated() where brokenAt == nil {
            let hash = offset < stored.count ? stored[offset] : nil
            guard let best = leaf ?? hash else {
                brokenAt = size + 1
                return
            }
            if let leaf, let hash, leaf != hash {
                differing.add(size + 1)
                if hashes == nil { hashes = events }
            }
            hashes?.append(hash ?? best)
            events.append(best)
            if formers.contains(where: { $0.checkpoint.size == events.size }) {
                roots[events.size] = (events.root, hashes?.root ?? events.root)
            }
        }
        takeTiles()
    }

    /// The tiles above level 0 that are to be compared now.
    ///
    /// - Parameter all: also those that may still grow.
    func tilesToCompare(all: Bool) -> [TileAddress] {
        tiles.keys.filter { all || !$0.isPartial }.sorted { ($0.level, $0.index) < ($1.level, $1.index) }
    }

    /// Compares a tile that ``tilesToCompare(all:)`` named.
    mutating func compare(_ address: TileAddress, stored: [MerkleHash]) {
        guard let expected = tiles.removeValue(forKey: address) else { return }
        if stored != expected.events, damaged.events.count < Findings.maximum { damaged.events.append(address) }
        if stored != expected.hashes, damaged.hashes.count < Findings.maximum { damaged.hashes.append(address) }
    }

    /// What is wrong.
    ///
    /// - Parameter signed: the checkpoint that the log has signed; nil where there is none that is any good.
    func findings(signed: Checkpoint?) -> Findings {
        var findings = Findings()
        if let brokenAt {
            findings.add(
                .missing, "events, place \(brokenAt)",
                "Neither the event nor its hash is there: the tree can't be made beyond it.")
        }
        let (eventsRoot, hashesRoot) = (events.root, hashes?.root ?? events.root)
        let isWhole = signed?.size == size && brokenAt == nil
        let areEventsRight = isWhole && signed?.root == eventsRoot
        let areHashesRight = isWhole && !areEventsRight && signed?.root == hashesRoot
        for place in differing.places {
            if areEventsRight {
                let index = (place - 1) / Int64(TileAddress.fullWidth)
                findings.add(
                    .tile, "tiles.hashes, level 0, number \(index)",
                    "The hash of event \(place) was changed: the signed root is that of the event as it stands.")
            } else if areHashesRight {
                findings.add(
                    .event, "events.line, place \(place)", "The event was changed: it has another hash than was signed."
                )
            } else {
                findings.add(
                    .event, "events.line, place \(place)",
                    "The event and its stored hash differ, and neither leads to the signed root.")
            }
        }
        for tile in (areHashesRight ? damaged.hashes : damaged.events) where !shortTiles.contains(tile) {
            findings.add(
                .tile, "tiles.hashes, level \(tile.level), number \(tile.index)",
                "The tile is missing, or its hashes are not those of the tiles below.")
        }
        for tile in shortTiles {
            findings.add(
                .tile, "tiles.hashes, level 0, number \(tile.index)",
                "The tile is missing, or has another number of hashes than \(tile.width).")
        }
        if let signed, isWhole, !areEventsRight, !areHashesRight {
            findings.add(
                .checkpoint, "checkpoint.note",
                "The \(size) events lead to the root \(eventsRoot), and the checkpoint says \(signed.root).")
        }
        checkHistory(&findings, byHashes: areHashesRight)
        return findings
    }

    private func checkHistory(_ findings: inout Findings, byHashes: Bool) {
        for former in formers {
            let (place, known) = (former.place, former.checkpoint)
            guard let roots = roots[known.size] else {
                if former.mayBeNewer { continue }
                findings.add(
                    .history, place, "The log went back: it had \(known.size) events, and has \(size) now.")
                continue
            }
            if (byHashes ? roots.hashes : roots.events) != known.root {
                findings.add(
                    .history, place,
                    "The log has forked: its first \(known.size) events are not those that it had when this was signed."
                )
            }
        }
    }

    /// Level 0 has been compared hash by hash.
    private mutating func takeTiles() {
        let own = events.takeChanges().filter { $0.address.level > 0 }
        let other = Dictionary(
            (hashes?.takeChanges() ?? []).map { ($0.address, $0.hashes) }, uniquingKeysWith: { $1 })
        for (address, expected) in own {
            // A tile that grows has another address.
            for width in stride(from: address.width - 1, to: 0, by: -1) {
                let narrower = TileAddress(level: address.level, index: address.index, width: width)
                if tiles.removeValue(forKey: narrower) != nil { break }
            }
            tiles[address] = (expected, other[address] ?? expected)
        }
    }
}
