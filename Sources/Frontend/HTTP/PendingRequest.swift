internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

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
///
/// Told from the bytes before the codec has them, and from what it then makes of them: several heads may come at once,
/// and a head in many parts, each of its line breaks in a part of its own (H4).
struct RequestLineLength {
    private enum Place {
        case beforeLine, inLine, afterLine
    }

    private(set) var bytes = 0
    private var place = Place.beforeLine
    /// What has arrived and is of no message yet that the codec has told of.
    private var rest = ByteBufferView()

    /// Whether something of a head is there.
    var hasBegun: Bool { place != .beforeLine }

    mutating func arrived(_ bytes: ByteBufferView) {
        rest = bytes
        count(bytes)
    }

    /// The codec has had what arrived.
    mutating func passed() {
        rest = ByteBufferView()
    }

    /// What the codec has made of it. Of a chunked body more may have arrived than is told: then the part of the next
    /// line that came with its end is measured wrongly, and the refusal's status may be that of a long field.
    mutating func observe(_ part: HTTPServerRequestPart) {
        switch part {
        case .head:
            place = .afterLine
            rest = rest.dropFirst(lengthOfHead)
        case .body(let body):
            rest = rest.dropFirst(body.readableBytes)
        case .end:
            place = .beforeLine
            bytes = 0
            count(rest)
        }
    }

    private mutating func count(_ arrived: ByteBufferView) {
        var arrived = arrived
        if place == .beforeLine {
            // A stray line break after a request (H4) is no beginning of the next.
            arrived = arrived.drop { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
            guard !arrived.isEmpty else { return }
            place = .inLine
        }
        guard place == .inLine else { return }
        let end = arrived.firstIndex(of: UInt8(ascii: "\n"))
        bytes += arrived.distance(from: arrived.startIndex, to: end ?? arrived.endIndex)
        if end != nil { place = .afterLine }
    }

    /// With the empty line that ends it; all of the rest where that did not come in one piece.
    private var lengthOfHead: Int {
        var isLineEmpty = false
        for (offset, byte) in rest.enumerated() {
            switch byte {
            case UInt8(ascii: "\n"):
                guard !isLineEmpty else { return offset + 1 }
                isLineEmpty = true
            case UInt8(ascii: "\r"): break
            default: isLineEmpty = false
            }
        }
        return rest.count
    }
}
