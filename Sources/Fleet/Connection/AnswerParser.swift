internal import PKI

/// Reads one HTTP/1.1 answer (RFC 9112) out of the bytes of a connection, as they come.
///
/// Its own, not NIOHTTP1's: a load generator wants the status, one or two headers and the body, and no string for each
/// header of each answer.
struct AnswerParser {
    enum Progress: Equatable {
        case incomplete
        case complete
        /// What came is not HTTP/1.1, or larger than any answer of EST.
        case malformed
    }

    private enum Framing {
        case none
        case length(Int)
        case chunked
        case untilClose
    }

    static let maximumHeadBytes = 32 * 1024
    static let maximumBodyBytes = 1 << 20

    private(set) var status = 0
    private(set) var retryAfterSeconds: Int?
    /// Whether the connection can be used for another request after the answer.
    private(set) var keepsAlive = true
    private var buffer: [UInt8] = []
    /// Where the head ends; nil as long as it is not complete.
    private var bodyStart: Int?
    private var framing = Framing.none
    private var chunkPosition = 0
    private var chunkedBody: [UInt8] = []
    private var hasStarted = false

    /// Whether anything has come.
    var isEmpty: Bool { !hasStarted }

    /// Begins a new answer; memory is kept for it.
    mutating func reset() {
        buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 16)
        chunkedBody.removeAll(keepingCapacity: false)
        (status, retryAfterSeconds, keepsAlive, bodyStart, framing) = (0, nil, true, nil, .none)
        (chunkPosition, hasStarted) = (0, false)
    }

    var body: ArraySlice<UInt8> {
        switch framing {
        case .none: []
        case .length(let count): buffer[(bodyStart ?? 0)..<(bodyStart ?? 0) + count]
        case .chunked: chunkedBody[...]
        case .untilClose: buffer[(bodyStart ?? 0)...]
        }
    }

    /// What the server says about a refusal, for a person.
    var reason: String {
        let text = String(decoding: body.prefix(500), as: UTF8.self)
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return DisplayText.escape(line, limit: 200)
    }

    /// Adds what has come, and looks whether the answer is complete.
    mutating func read(_ bytes: UnsafeRawBufferPointer) -> Progress {
        hasStarted = hasStarted || !bytes.isEmpty
        guard buffer.count + bytes.count <= Self.maximumHeadBytes + 2 * Self.maximumBodyBytes else { return .malformed }
        let searched = max(0, buffer.count - 3)
        buffer.append(contentsOf: bytes)
        if bodyStart == nil {
            guard let end = endOfHead(from: searched) else {
                return buffer.count > Self.maximumHeadBytes ? .malformed : .incomplete
            }
            guard readHead(end: end) else { return .malformed }
            if (100..<200).contains(status) {
                // `100 Continue` and the like come before the answer.
                let rest = Array(buffer[end...])
                reset()
                return rest.withUnsafeBytes { read($0) }
            }
        }
        return progressOfBody()
    }

    /// The connection has ended: whether that makes the answer complete.
    func endsWithConnection() -> Bool {
        if case .untilClose = framing, bodyStart != nil { return true }
        return false
    }

    // MARK: Head

    private func endOfHead(from start: Int) -> Int? {
        var index = start
        while index + 3 < buffer.count {
            if buffer[index] == 0x0d, buffer[index + 1] == 0x0a, buffer[index + 2] == 0x0d, buffer[index + 3] == 0x0a {
                return index + 4
            }
            index += 1
        }
        return nil
    }

    private mutating func readHead(end: Int) -> Bool {
        // HTTP/1.1 200
        guard end >= 16, Self.matches(buffer[0..<7], "http/1."), buffer[8] == 0x20,
            let status = Self.number(buffer[9..<12]), (100..<600).contains(status)
        else { return false }
        self.status = status
        keepsAlive = buffer[7] == UInt8(ascii: "1")
        framing = status == 204 || status == 304 || status < 200 ? .none : .untilClose
        var start = 0
        var isFirst = true
        for index in 0..<end where buffer[index] == 0x0a {
            if !isFirst, index > start, !readHeader(start: start, end: index) { return false }
            isFirst = false
            start = index + 1
        }
        if case .untilClose = framing { keepsAlive = false }
        bodyStart = end
        chunkPosition = end
        return true
    }

    private mutating func readHeader(start: Int, end: Int) -> Bool {
        let line = buffer[start..<end]
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return true }
        let name = line[..<colon]
        let value = Self.trimmed(line[(colon + 1)...])
        switch name.count {
        case 10 where Self.matches(name, "connection"):
            if Self.matches(value, "close") { keepsAlive = false }
        case 11 where Self.matches(name, "retry-after"):
            retryAfterSeconds = Self.number(value)
        case 14 where Self.matches(name, "content-length"):
            guard let count = Self.number(value), count <= Self.maximumBodyBytes else { return false }
            if case .untilClose = framing { framing = .length(count) }
        case 17 where Self.matches(name, "transfer-encoding"):
            guard Self.matches(value, "chunked") else { return false }
            if case .none = framing { return true }
            framing = .chunked
        default: break
        }
        return true
    }

    // MARK: Body

    private mutating func progressOfBody() -> Progress {
        guard let bodyStart else { return .incomplete }
        let count = buffer.count - bodyStart
        switch framing {
        case .none:
            if count > 0 { keepsAlive = false }
            return .complete
        case .length(let length):
            // What nobody asked for ends the connection.
            if count > length { keepsAlive = false }
            return count >= length ? .complete : .incomplete
        case .untilClose:
            return count > Self.maximumBodyBytes ? .malformed : .incomplete
        case .chunked:
            return readChunks()
        }
    }

    /// RFC 9112 §7.1; trailers are skipped.
    private mutating func readChunks() -> Progress {
        while true {
            guard let lineEnd = buffer[chunkPosition...].firstIndex(of: 0x0a) else {
                return buffer.count - chunkPosition > 1024 ? .malformed : .incomplete
            }
            let line = Self.trimmed(buffer[chunkPosition..<lineEnd])
            guard let size = Self.hexadecimal(line.prefix { $0 != UInt8(ascii: ";") }) else { return .malformed }
            guard size > 0 else {
                // The last chunk: the end is an empty line, behind trailers or at once.
                var start = lineEnd + 1
                while let end = buffer[start...].firstIndex(of: 0x0a) {
                    if Self.trimmed(buffer[start..<end]).isEmpty { return .complete }
                    start = end + 1
                }
                return .incomplete
            }
            guard chunkedBody.count + size <= Self.maximumBodyBytes else { return .malformed }
            guard buffer.count - lineEnd - 1 >= size + 2 else { return .incomplete }
            chunkedBody += buffer[lineEnd + 1..<lineEnd + 1 + size]
            guard buffer[lineEnd + 1 + size] == 0x0d, buffer[lineEnd + 2 + size] == 0x0a else { return .malformed }
            chunkPosition = lineEnd + 3 + size
        }
    }

    // MARK: Text

    /// Whether bytes are a text in lower case, whatever their own case.
    private static func matches(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        var pointer = text.utf8Start
        for byte in bytes {
            let lower = (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
            guard lower == pointer.pointee else { return false }
            pointer += 1
        }
        return true
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes
        while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 || last == 0x0d { rest.removeLast() }
        return rest
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard (1...9).contains(bytes.count) else { return nil }
        var value = 0
        for byte in bytes {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }

    private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> Int? {
        let digits = trimmed(bytes)
        guard (1...7).contains(digits.count) else { return nil }
        var value = 0
        for byte in digits {
            switch byte {
            case 0x30...0x39: value = value << 4 | Int(byte - 0x30)
            case 0x41...0x46, 0x61...0x66: value = value << 4 | Int((byte | 0x20) - 0x57)
            default: return nil
            }
        }
        return value
    }
}
