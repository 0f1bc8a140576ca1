internal import ClusterProtocol

/// Prints a list that comes in pages, each page as it comes.
struct Listing<Item: Codable & Sendable> {
    var json: Bool
    var limit: Int?
    var table: TextTable
    /// What to say, on standard error, where there is nothing.
    var empty: String
    /// Adds an item to the table.
    var row: (Item, inout TextTable) -> Void

    /// The most pages that one command follows: a server that never ends a list must not keep a terminal for ever.
    private static var maximumPages: Int { 1_000_000 }

    func print(pages fetch: (_ cursor: String?) async throws -> Page<Item>) async throws {
        var table = table
        var cursor: String?
        var shown = 0
        for _ in 0..<Self.maximumPages {
            let page = try await fetch(cursor)
            let items = page.items.prefix((limit ?? .max) - shown)
            if json {
                for item in items { try Output.json(item) }
            } else if !items.isEmpty {
                for item in items { row(item, &table) }
                try Output.line(table.render(withTitles: shown == 0))
            }
            shown += items.count
            cursor = page.nextCursor
            if let limit, shown >= limit {
                if cursor != nil || items.count < page.items.count {
                    Output.remark("There are more than \(limit).")
                }
                return
            }
            guard cursor != nil else { break }
        }
        if shown == 0 && !json { Output.remark(empty) }
    }
}
