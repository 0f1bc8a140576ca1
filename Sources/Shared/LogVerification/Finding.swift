/// Something that is not as it has to be: what, where, and a sentence for whoever verifies the log.
package struct Finding: Sendable, Equatable, Encodable {
    package enum Kind: String, Sendable, Encodable, CaseIterable {
        /// A file, table or tile that can't be read, or is not made as this version makes it.
        case unreadable
        /// The checkpoint is not what the log signed, or not that of these events.
        case checkpoint
        /// The witness's cosignature does not verify, or is missing.
        case cosignature
        /// The log is no continuation of a checkpoint that was kept.
        case history
        /// An event was changed.
        case event
        /// An event is not there.
        case missing
        /// A tile of hashes was changed, is missing, or is one too many.
        case tile
        /// A source's numbers have a gap, or one comes twice.
        case sequence
        /// What the store says of a run is not what its events say.
        case run
        /// The list of nodes was changed.
        case nodes
        /// What the store says of pruned events is not what the log says.
        case pruning
        /// The search index is not that of the events.
        case index
        /// The signer's ledger and the log tell of different certificates or revocations.
        case ledger
    }

    package var kind: Kind
    /// Such as `events.line, place 17`.
    package var place: String
    package var text: String

    package init(_ kind: Kind, _ place: String, _ text: String) {
        self.kind = kind
        self.place = place
        self.text = text
    }
}

/// Findings as they come: the first thousand, and how many there were.
package struct Findings: Sendable {
    /// A file that is no log has one finding for each row.
    package static let maximum = 1000

    package private(set) var kept: [Finding] = []
    package private(set) var count = 0

    package init() {}

    package mutating func add(_ kind: Finding.Kind, _ place: String, _ text: String) {
        add(Finding(kind, place, text))
    }

    package mutating func add(_ finding: Finding) {
        count += 1
        if kept.count < Self.maximum { kept.append(finding) }
    }

    package mutating func add(_ others: Findings) {
        for finding in others.kept { add(finding) }
        count += others.count - others.kept.count
    }
}
