internal import ClusterProtocol

/// Cuts what was found to what one answer can carry.
package enum EventPage {
    /// The most bytes that the lines take with their places: under the transport's limit of 256 KiB with room to spare.
    package static let maximumMessageBytes = 192 << 10

    /// - Parameter rows: one more than `limit` where there are more.
    static func cut(_ rows: [(place: Int64, line: String)], limit: Int, maximumBytes: Int) -> ListEventsReply {
        var bytes = 0
        let page = rows.prefix(limit).prefix { row in
            let size = encodedBytes(row.line)
            bytes += size
            return bytes <= maximumBytes || bytes == size
        }
        return ListEventsReply(
            lines: page.map(\.line), places: page.map(\.place),
            nextCursor: page.count < rows.count ? page.last?.place : nil)
    }

    /// What a line takes in the message, with its place.
    private static func encodedBytes(_ line: String) -> Int {
        AppendEventsRequest.encodedBytes(of: line) + 9
    }
}
