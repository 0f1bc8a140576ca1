internal import Foundation

/// What a host and a port stand for.
struct SocketAddresses: Sequence {
    struct Address {
        let family: Int32
        fileprivate let bytes: [UInt8]

        func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
            bytes.withUnsafeBytes { raw in
                body(raw.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
            }
        }
    }

    private let addresses: [Address]

    /// nil where the host is unknown.
    init?(host: String, port: Int, isForListening: Bool = false) {
        var hints = addrinfo()
        hints.ai_socktype = Self.streamType
        hints.ai_flags = AI_NUMERICSERV | (isForListening ? AI_PASSIVE : 0)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let list else { return nil }
        defer { freeaddrinfo(list) }
        var addresses: [Address] = []
        var next: UnsafeMutablePointer<addrinfo>? = list
        while let entry = next?.pointee {
            if let address = entry.ai_addr {
                let bytes = UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))
                addresses.append(Address(family: entry.ai_family, bytes: Array(bytes)))
            }
            next = entry.ai_next
        }
        self.addresses = addresses
    }

    func makeIterator() -> IndexingIterator<[Address]> {
        addresses.makeIterator()
    }

    /// A TCP socket that children do not inherit, or -1 with `errno` set.
    static func makeSocket(family: Int32) -> Int32 {
        socket(family, streamType | closeOnExec, 0)
    }

    private static let streamType = Int32(SOCK_STREAM.rawValue)
    private static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)
}
