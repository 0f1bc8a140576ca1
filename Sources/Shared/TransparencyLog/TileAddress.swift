/// The place of a tile in the tree (C2SP tlog-tiles): 256 consecutive hashes of one level, fewer at the right edge.
package struct TileAddress: Sendable, Hashable {
    /// Hashes in a full tile.
    package static let fullWidth = 256
    /// The levels of the tree that one level of tiles spans.
    package static let height = 8
    /// The highest level of tiles that a tree of 2^63 leaves has.
    package static let maximumLevel = 63

    package let level: Int
    package let index: Int64
    /// From 1 to 256.
    package let width: Int

    /// - Precondition: the level is 0 to 63, the index is not negative, the width is 1 to 256.
    package init(level: Int, index: Int64, width: Int = fullWidth) {
        precondition((0...Self.maximumLevel).contains(level) && index >= 0 && (1...Self.fullWidth).contains(width))
        self.level = level
        self.index = index
        self.width = width
    }

    package var isPartial: Bool { width < Self.fullWidth }

    /// As it is served, such as `tile/0/x001/x234/067.p/12`.
    package var path: String { "tile/\(level)/" + Self.path(index: index, width: width) }

    /// Where the entries under a tile of level 0 are served, such as `tile/entries/000.p/3`.
    package var entriesPath: String { "tile/entries/" + Self.path(index: index, width: width) }

    /// How many hashes a level has in a tree of a size: of complete subtrees only.
    package static func hashCount(level: Int, treeSize: Int64) -> Int64 {
        level * height > 62 ? 0 : treeSize >> Int64(level * height)
    }

    /// The tile as it stands in a tree of a size; nil where it is empty there.
    package init?(level: Int, index: Int64, treeSize: Int64) {
        guard (0...Self.maximumLevel).contains(level), index >= 0 else { return nil }
        let (start, overflow) = index.multipliedReportingOverflow(by: Int64(Self.fullWidth))
        let left = Self.hashCount(level: level, treeSize: treeSize)
        guard !overflow, left > start else { return nil }
        self.init(level: level, index: index, width: Int(min(Int64(Self.fullWidth), left - start)))
    }

    /// Reads what follows `tile/`: `<L>/<N>[.p/<W>]`, or `entries/<N>[.p/<W>]`, which is told as level 0.
    ///
    /// - Returns: nil for any other spelling.
    package static func parse(_ path: some StringProtocol) -> (address: TileAddress, isEntries: Bool)? {
        guard path.utf8.count <= 64 else { return nil }
        var parts = path.split(separator: "/" as Character, omittingEmptySubsequences: false).map { String($0) }
        guard parts.count >= 2 else { return nil }
        let first = parts.removeFirst()
        let isEntries = first == "entries"
        guard let level = isEntries ? 0 : decimal(first, in: 0...Int64(maximumLevel)) else { return nil }
        var width = Int64(fullWidth)
        if let last = parts.last, parts.count >= 2, parts[parts.count - 2].hasSuffix(".p") {
            guard let partial = decimal(last, in: 1...255) else { return nil }
            width = partial
            parts.removeLast()
            parts[parts.count - 1].removeLast(2)
        }
        guard let index = number(parts) else { return nil }
        return (TileAddress(level: Int(level), index: index, width: Int(width)), isEntries)
    }

    private static func path(index: Int64, width: Int) -> String {
        var rest = index
        var elements: [String] = []
        repeat {
            let digits = String(rest % 1000)
            elements.append(String(repeating: "0", count: 3 - digits.count) + digits)
            rest /= 1000
        } while rest > 0
        let number = elements.dropFirst().reversed().map { "x\($0)/" }.joined() + elements[0]
        return width == fullWidth ? number : "\(number).p/\(width)"
    }

    private static func number(_ elements: [String]) -> Int64? {
        guard !elements.isEmpty, elements.count <= 6 else { return nil }
        var number: Int64 = 0
        for (place, element) in elements.enumerated() {
            let isLast = place == elements.count - 1
            guard isLast || element.hasPrefix("x") else { return nil }
            let digits = isLast ? Substring(element) : element.dropFirst()
            guard digits.utf8.count == 3, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let value = Int64(digits)
            else { return nil }
            // One spelling for each number: no leading element of zeros.
            guard place > 0 || elements.count == 1 || value > 0 else { return nil }
            number = number * 1000 + value
        }
        return number
    }

    /// A decimal number without leading zeros.
    private static func decimal(_ text: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = Int64(text), range.contains(value), String(value) == text else { return nil }
        return value
    }
}
