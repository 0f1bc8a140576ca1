internal import Foundation

/// TCP ports on the loopback address that nobody listens on.
enum FreePort {
    /// Below the range from which the kernel takes ports for outgoing connections.
    private static let range: ClosedRange<UInt16> = 20_000...31_999

    static func find(count: Int) throws -> [Int] {
        var found: [Int] = []
        for _ in 0..<(200 + 10 * count) where found.count < count {
            let port = UInt16.random(in: range)
            if !found.contains(Int(port)), isFree(port) { found.append(Int(port)) }
        }
        guard found.count == count else { throw BenchFailure("No \(count) free ports were found.") }
        return found
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 && listen(descriptor, 1) == 0
            }
        }
    }
}
