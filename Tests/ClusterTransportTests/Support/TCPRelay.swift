internal import Foundation
internal import Synchronization

/// Passes bytes between clients and a server's port, and can stop doing so without a word, as a stopped process or a
/// cut cable does; the connections stay open.
final class TCPRelay: Sendable {
    private struct State {
        var target: UInt16
        var isFrozen = false
        var isClosed = false
    }

    private let listener: Int32
    private let port: UInt16
    private let state: Mutex<State>

    /// Relays to a port of 127.0.0.1, given as `tcp://127.0.0.1:PORT`.
    init(to endpoint: String) throws {
        state = Mutex(State(target: try Self.port(of: endpoint)))
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw POSIXError(.EMFILE) }
        var address = Self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isListening else { throw POSIXError(.EADDRINUSE) }
        listener = descriptor
        port = UInt16(bigEndian: address.sin_port)
        Self.makeNonBlocking(listener)
        let thread = Thread { self.run() }
        thread.start()
    }

    var endpoint: String { "tcp://127.0.0.1:\(port)" }

    /// Stops passing anything on, in either direction; new connections are taken by the kernel, and nothing more.
    func freeze() {
        state.withLock { $0.isFrozen = true }
    }

    func thaw() {
        state.withLock { $0.isFrozen = false }
    }

    /// Relays new connections to another server.
    func retarget(to endpoint: String) throws {
        let port = try Self.port(of: endpoint)
        state.withLock { $0.target = port }
    }

    func close() {
        state.withLock { $0.isClosed = true }
    }

    private struct Pair {
        var client: Int32
        var server: Int32
    }

    private func run() {
        var pairs: [Pair] = []
        while true {
            let state = state.withLock { $0 }
            if state.isClosed { break }
            guard !state.isFrozen else {
                usleep(1000)
                continue
            }
            if let pair = accept(target: state.target) { pairs.append(pair) }
            pairs.removeAll { pair in
                guard pass(from: pair.client, to: pair.server), pass(from: pair.server, to: pair.client) else {
                    _ = Foundation.close(pair.client)
                    _ = Foundation.close(pair.server)
                    return true
                }
                return false
            }
            var items = (pairs.flatMap { [$0.client, $0.server] } + [listener]).map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            _ = poll(&items, nfds_t(items.count), 5)
        }
        for pair in pairs {
            _ = Foundation.close(pair.client)
            _ = Foundation.close(pair.server)
        }
        _ = Foundation.close(listener)
    }

    private func accept(target: UInt16) -> Pair? {
        let client = Foundation.accept(listener, nil, nil)
        guard client >= 0 else { return nil }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(port: target)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            _ = Foundation.close(client)
            _ = Foundation.close(server)
            return nil
        }
        Self.makeNonBlocking(client)
        Self.makeNonBlocking(server)
        return Pair(client: client, server: server)
    }

    /// - Returns: false at the end of the connection.
    private func pass(from source: Int32, to destination: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(source, &buffer, buffer.count, 0)
        guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
        var sent = 0
        while sent < count {
            let result = buffer.withUnsafeBytes {
                send(destination, $0.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL))
            }
            if result < 0, errno == EAGAIN {
                usleep(1000)
                continue
            }
            guard result > 0 else { return false }
            sent += result
        }
        return true
    }

    private static func port(of endpoint: String) throws -> UInt16 {
        guard let port = endpoint.split(separator: ":").last.flatMap({ UInt16($0) }) else { throw POSIXError(.EINVAL) }
        return port
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func makeNonBlocking(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }
}
