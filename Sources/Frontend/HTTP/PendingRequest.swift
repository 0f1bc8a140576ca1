internal import HTTPTypes
internal import NIOCore

/// A request whose head is there.
struct PendingRequest {
    var head: HTTPRequest
    var isHTTP10: Bool
    var plan: RequestPlan
    var body = ByteBuffer()
    let receivedAt = ContinuousClock.now
}

/// The other end of a connection on which requests may come.
enum Peer {
    case plain
    case tls(ClientConnection)

    /// nil without TLS.
    var client: ClientConnection? {
        switch self {
        case .plain: nil
        case .tls(let client): client
        }
    }
}

/// How long a head's first line is, as far as it has come.
struct RequestLineLength {
    private(set) var bytes = 0
    private var hasEnded = false

    mutating func add(_ arrived: some Collection<UInt8>) {
        guard !hasEnded else { return }
        if let end = arrived.firstIndex(of: UInt8(ascii: "\n")) {
            bytes += arrived.distance(from: arrived.startIndex, to: end)
            hasEnded = true
        } else {
            bytes += arrived.count
        }
    }
}
