internal import Foundation

/// TCP ports of this machine.
enum LoopbackPort {
    /// Below the range from which the kernel takes ports for outgoing connections: a port in it may be taken by one when
    /// a process that listens there is restarted.
    private static let range: ClosedRange<UInt16> = 20_000...31_999
    private static let attempts = 200

    /// Ports on which nobody listens, all different.
    ///
    /// - Throws: ``Failure`` where the machine seems to have none.
    static func free(
        count: Int, except taken: Set<Int> = [],
        isFree: (Int) -> Bool = { LoopbackPort.isFree(host: "127.0.0.1", port: $0) }
    ) throws -> [Int] {
        var found: [Int] = []
        for _ in 0..<(attempts + 10 * count) where found.count < count {
            let port = Int(UInt16.random(in: range))
            if !found.contains(port), !taken.contains(port), isFree(port) { found.append(port) }
        }
        guard found.count == count else {
            throw Failure("No \(count) free ports were found between \(range.lowerBound) and \(range.upperBound).")
        }
        return found
    }

    /// Whether this process could listen there now.
    static func isFree(host: String, port: Int) -> Bool {
        guard let addresses = SocketAddresses(host: host, port: port, isForListening: true) else { return false }
        return addresses.allSatisfy { address in
            let descriptor = SocketAddresses.makeSocket(family: address.family)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            var on: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
            return address.withPointer { bind(descriptor, $0, $1) == 0 && listen(descriptor, 1) == 0 }
        }
    }
}
