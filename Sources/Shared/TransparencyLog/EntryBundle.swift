/// The entries under a tile of level 0, as they are served (C2SP tlog-tiles): each after its length in two bytes.
package enum EntryBundle {
    /// What the length can tell.
    package static let maximumEntryBytes = 65_535

    /// - Throws: ``TransparencyLogError`` where an entry is too long.
    package static func encode(_ entries: some Sequence<[UInt8]>) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for entry in entries {
            guard let length = UInt16(exactly: entry.count) else {
                throw TransparencyLogError("An entry has more than \(maximumEntryBytes) bytes.")
            }
            bytes.append(UInt8(length >> 8))
            bytes.append(UInt8(truncatingIfNeeded: length))
            bytes += entry
        }
        return bytes
    }

    /// - Throws: ``TransparencyLogError`` where the bundle ends within an entry, or has more entries than a tile.
    package static func decode(_ bytes: [UInt8]) throws -> [[UInt8]] {
        var entries: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count >= 2, entries.count < TileAddress.fullWidth else {
                throw TransparencyLogError("The bundle of entries is damaged.")
            }
            let length = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
            rest = rest.dropFirst(2)
            guard rest.count >= length else { throw TransparencyLogError("The bundle of entries is cut.") }
            entries.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return entries
    }
}
