/// The check of a `tcp://` endpoint that libzmq leaves undone: it takes any number for a port, and wraps it around.
enum TCPEndpoint {
    /// - Throws: ``TransportError`` with code `endpoint`.
    static func check(_ endpoint: String) throws {
        guard endpoint.hasPrefix("tcp://") else {
            throw TransportError(.endpoint, "\(endpoint): CURVE is for tcp:// endpoints.")
        }
        let parts = endpoint.dropFirst("tcp://".count).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 2, !parts[0].isEmpty, let port = parts.last, UInt16(port) != nil else {
            throw TransportError(.endpoint, "\(endpoint): a TCP endpoint is tcp://HOST:PORT, with a port up to 65535.")
        }
    }
}
