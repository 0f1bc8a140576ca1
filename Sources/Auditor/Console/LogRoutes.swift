internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import TransparencyLog

/// The log as it verifies itself: checkpoint, tiles and entries (C2SP tlog-tiles), and proofs of single events.
struct LogRoutes: Sendable {
    /// The longest path that is looked at: ``TileAddress`` has none that is longer.
    private static let maximumPathBytes = 64
    private static let forever = "public, max-age=31536000, immutable"

    let store: EventStore

    var routes: [ConsoleRoute] {
        [
            ConsoleRoute(
                path: "/checkpoint", access: .tiles, summary: "The newest signed checkpoint (C2SP tlog-checkpoint).",
                answer: .init(type: "text/plain")
            ) { _, _ in
                Self.answer(try await store.servedCheckpoint().bytes, type: "text/plain; charset=utf-8")
            },
            ConsoleRoute(
                path: "/tile/entries/{path}", access: .viewer, summary: "A bundle of entries: N, or N.p/W.",
                answer: .init(type: "application/octet-stream")
            ) { request, _ in
                guard let tile = Self.tile(request), tile.isEntries else { throw ConsoleError.notFound }
                guard let bytes = try await store.entries(tile.address) else {
                    let pruned = try await store.prunedEvents
                    guard tile.address.index < pruned / Int64(TileAddress.fullWidth) else {
                        throw ConsoleError.notFound
                    }
                    return Self.pruned(pruned)
                }
                return Self.answer(bytes, type: "application/octet-stream")
            },
            ConsoleRoute(
                path: "/tile/{path}", access: .tiles, summary: "A tile of hashes: L/N, or L/N.p/W.",
                answer: .init(type: "application/octet-stream")
            ) { request, _ in
                guard let tile = Self.tile(request), !tile.isEntries, let bytes = try await store.tile(tile.address)
                else { throw ConsoleError.notFound }
                // A tile of a width never changes.
                return Self.answer(bytes, type: "application/octet-stream", caching: Self.forever)
            },
            ConsoleRoute(
                path: "/api/v1/events/{place}/proof", access: .viewer,
                summary: "The proof that the log has an event (C2SP tlog-proof).", answer: .init(type: "text/plain")
            ) { _, context in
                guard let proof = try await store.inclusionProof(place: EventRoutes.place(context)) else {
                    throw ConsoleError.notFound
                }
                return Self.answer(proof.bytes, type: "text/plain; charset=utf-8")
            },
        ]
    }

    private static func tile(_ request: Request) -> (address: TileAddress, isEntries: Bool)? {
        let path = request.uri.path
        guard path.utf8.count <= maximumPathBytes, path.hasPrefix("/tile/") else { return nil }
        return TileAddress.parse(path.dropFirst("/tile/".count))
    }

    private static func pruned(_ count: Int64) -> Response {
        Response(
            status: .notFound, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(
                byteBuffer: ByteBuffer(
                    string: "The events 1 to \(count) were exported and pruned. Their hashes are in the tiles.\n")))
    }

    private static func answer(_ bytes: [UInt8], type: String, caching: String = "no-store") -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: caching],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
