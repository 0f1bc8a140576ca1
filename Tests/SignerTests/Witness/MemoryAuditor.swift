internal import ClusterProtocol
internal import ClusterTransport
internal import Synchronization
internal import TransparencyLog

/// An auditor in memory: it stores each number once and in order, proves what it has, and can be told to fail or to lie.
final class MemoryAuditor: AuditBackend {
    struct State {
        /// The signer's events.
        var lines: [String] = []
        /// Events of others, which are before those in the log.
        var foreign: [String] = []
        var nodes: [NodeDescription]?
        /// What the witness has said, the newest last.
        var reports: [WitnessReport] = []
        /// Fails the next so many appends, after storing what they brought.
        var failsAfterStoring = 0
        /// Fails the next so many appends before storing anything.
        var failsBeforeStoring = 0
        /// In bytes, as the request is encoded.
        var longestRequest = 0
        /// Acknowledges and shows this line in the place of each that comes.
        var stores: String?
        /// Gives so many events back, and then none any more.
        var eventsUntilGone: Int?
        /// Acknowledges, and shows nothing of it.
        var showsNothing = false
        /// The run of the signer that began last; nil where it does not say.
        var newestRun: String?
        var key: NoteSigner
    }

    let state: Mutex<State>

    init() throws {
        state = Mutex(State(key: try NoteSigner(newKeyOf: "memory", type: .ed25519)))
    }

    var logKey: NoteVerifierKey { state.withLock { $0.key.verifierKey } }

    func append(_ request: AppendEventsRequest) async throws -> AppendEventsReply {
        try state.withLock { state in
            state.longestRequest = max(state.longestRequest, try CBOR.encode(request).count)
            if state.failsBeforeStoring > 0 {
                state.failsBeforeStoring -= 1
                throw ServiceError(.unreachable, "gone before storing")
            }
            let next = Int64(state.lines.count) + 1
            let known = state.lines.dropFirst(Int(request.firstSequence) - 1).prefix(request.lines.count)
            guard known.elementsEqual(request.lines.prefix(known.count)) else {
                throw ServiceError(.eventConflict, "another event under this number")
            }
            guard request.firstSequence <= next else { throw ServiceError(.unexpected, "a gap") }
            let new = request.lines.dropFirst(Int(next - request.firstSequence))
            state.lines += new.map { state.stores ?? $0 }
            if state.failsAfterStoring > 0 {
                state.failsAfterStoring -= 1
                throw ServiceError(.unreachable, "gone after storing")
            }
            let first = Int64(state.foreign.count) + request.firstSequence - 1
            return try Self.reply(
                state, since: request.witnessedSize, indexes: Array(first..<first + Int64(request.lines.count)))
        }
    }

    func position(_ request: EventPositionRequest) async throws -> AppendEventsReply {
        try state.withLock { state in
            var reply = try Self.reply(state, since: request.witnessedSize, indexes: [])
            reply.newestRun = state.newestRun
            return reply
        }
    }

    func updateNodes(_ request: UpdateNodesRequest) async throws -> Done {
        state.withLock { $0.nodes = request.nodes }
        return Done()
    }

    func witness(_ request: WitnessReport) async throws -> Done {
        state.withLock { $0.reports.append(request) }
        return Done()
    }

    func events(_ request: StoredEventsRequest) async throws -> StoredEventsReply {
        try state.withLock { state in
            let lines = Array(state.lines.dropFirst(Int(request.firstSequence) - 1).prefix(request.limit))
            if let left = state.eventsUntilGone {
                guard left > 0 else { throw ServiceError(.unreachable, "gone") }
                state.eventsUntilGone = left - lines.count
            }
            let first = Int64(state.foreign.count) + request.firstSequence - 1
            let reply = try Self.reply(
                state, since: request.witnessedSize, indexes: Array(first..<first + Int64(lines.count)))
            guard let evidence = reply.evidence else { throw ServiceError(.unexpected, "no evidence") }
            return StoredEventsReply(lines: lines, evidence: evidence)
        }
    }

    private static func reply(_ state: State, since: Int64?, indexes: [Int64]) throws -> AppendEventsReply {
        let leaves = state.foreign + state.lines
        let count = Int64(leaves.count)
        var reply = AppendEventsReply(acknowledgedSequence: Int64(state.lines.count), logSize: count)
        guard let since else { return reply }
        var edge = TileEdge()
        for line in leaves { edge.append(.leaf(Array(line.utf8))) }
        let tree = MerkleTree(size: edge.size, tiles: MemoryTiles(edge.takeChanges()))
        let note = try Checkpoint(origin: state.key.verifierKey.name, size: edge.size, root: edge.root)
            .signed(by: state.key)
        var evidence = LogEvidence(
            checkpoint: String(decoding: note.bytes, as: UTF8.self),
            consistency: since <= count ? try tree.consistencyProof(from: since).map(\.base64) : [])
        if !indexes.isEmpty, !state.showsNothing {
            evidence.indexes = indexes
            evidence.inclusion = try tree.inclusionProof(ofEach: indexes).map(\.base64)
        }
        reply.evidence = evidence
        return reply
    }
}

private struct MemoryTiles: TileReader {
    private let tiles: [[Int64]: [MerkleHash]]

    init(_ changes: [(address: TileAddress, hashes: [MerkleHash])]) {
        tiles = Dictionary(changes.map { ([Int64($0.level), $0.index], $1) }, uniquingKeysWith: { $1 })
    }

    func hashes(of tile: TileAddress) throws -> [MerkleHash] {
        Array((tiles[[Int64(tile.level), tile.index]] ?? []).prefix(tile.width))
    }
}
