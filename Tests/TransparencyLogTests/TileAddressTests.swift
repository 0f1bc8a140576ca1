internal import Testing
internal import TransparencyLog

/// Places of tiles as C2SP tlog-tiles writes them.
struct TileAddressTests {
    @Test(arguments: [
        (TileAddress(level: 0, index: 0), "tile/0/000"),
        (TileAddress(level: 0, index: 1_234_067), "tile/0/x001/x234/067"),
        (TileAddress(level: 2, index: 999, width: 17), "tile/2/999.p/17"),
        (TileAddress(level: 63, index: 1000, width: 1), "tile/63/x001/000.p/1"),
    ])
    func pathsAreWrittenAndRead(_ address: TileAddress, _ path: String) throws {
        #expect(address.path == path)
        let read = try #require(TileAddress.parse(path.dropFirst("tile/".count)))
        #expect(read.address == address && !read.isEntries)
    }

    @Test func entriesHaveTheirOwn() throws {
        let address = TileAddress(level: 0, index: 70_000, width: 3)
        #expect(address.entriesPath == "tile/entries/x070/000.p/3")
        let read = try #require(TileAddress.parse("entries/x070/000.p/3"))
        #expect(read.address == address && read.isEntries)
    }

    @Test(arguments: [
        "", "0", "0/", "0/00", "0/0000", "0/x000", "0/x000/001", "00/000", "64/000", "-1/000", "+1/000", "0/000.p",
        "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/001/000", "0/x001/x000", "a/000", "0/00a", "0/٠٠٠",
        "0/x999/x999/x999/x999/x999/x999/999", "entries", "entries/000/000", "0/000/", "0//000", "0/../000",
    ])
    func otherSpellingsAreRefused(_ path: String) {
        #expect(TileAddress.parse(path) == nil)
    }

    @Test func aTreeOfSeventyThousandHasTheSpecificationsTiles() {
        func width(_ level: Int, _ index: Int64) -> Int? {
            TileAddress(level: level, index: index, treeSize: 70_000)?.width
        }
        #expect(width(0, 272) == 256 && width(0, 273) == 112 && width(0, 274) == nil)
        #expect(width(1, 0) == 256 && width(1, 1) == 17 && width(1, 2) == nil)
        #expect(width(2, 0) == 1 && width(3, 0) == nil)
        #expect(TileAddress(level: 1, index: 0, treeSize: 256)?.width == 1)
        #expect(TileAddress(level: 0, index: .max, treeSize: .max) == nil)
    }

    @Test func bundlesHaveTheirEntries() throws {
        let entries: [[UInt8]] = [[], [1], Array(repeating: 7, count: 65_535)]
        let bytes = try EntryBundle.encode(entries)
        #expect(try EntryBundle.decode(bytes) == entries)
        #expect(throws: TransparencyLogError.self) { try EntryBundle.decode(Array(bytes.dropLast())) }
        #expect(throws: TransparencyLogError.self) { try EntryBundle.decode([0]) }
        #expect(throws: TransparencyLogError.self) { try EntryBundle.decode(Array(repeating: 0, count: 2 * 257)) }
        #expect(throws: TransparencyLogError.self) { try EntryBundle.encode([Array(repeating: 0, count: 65_536)]) }
    }
}
