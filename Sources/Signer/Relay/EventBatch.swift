internal import ClusterProtocol

/// Lines on their way to the auditor.
enum EventBatch {
    /// Well below the transport's limit of a message.
    private static let maximumBytes = 160 * 1024

    /// As many lines as fit into one message, at least one.
    static func fitting(_ lines: [String]) -> [String] {
        var bytes = 0
        return Array(
            lines.enumerated().prefix { index, line in
                bytes += AppendEventsRequest.encodedBytes(of: line)
                return index == 0 || bytes <= maximumBytes
            }.map(\.element))
    }
}
