internal import TransparencyLog

/// Reads each tile once: a proof needs many hashes of few tiles.
final class RememberedTiles<Tiles: TileReader>: TileReader {
    private let tiles: Tiles
    private var known: [TileAddress: [MerkleHash]] = [:]

    init(_ tiles: Tiles) {
        self.tiles = tiles
    }

    func hashes(of tile: TileAddress) throws -> [MerkleHash] {
        if let hashes = known[tile] { return hashes }
        let hashes = try tiles.hashes(of: tile)
        known[tile] = hashes
        return hashes
    }
}
