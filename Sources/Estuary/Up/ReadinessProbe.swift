internal import ConfigurationFile
internal import Foundation

/// Asks a process's operations listener whether it is ready: one HTTP/1.0 request, no more of HTTP.
struct ReadinessProbe: Sendable {
    let address: ListenAddress

    /// Whether `/readyz` answers with status 200 within a second.
    func isReady() async -> Bool {
        await withCheckedContinuation { continuation in
            // The calls block, so they don't belong on a thread of the concurrency runtime.
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Self.statusLine(of: address)?.split(separator: " ").dropFirst().first == "200")
            }
        }
    }

    private static func statusLine(of address: ListenAddress) -> String? {
        guard let candidates = SocketAddresses(host: address.host, port: address.port) else { return nil }
        for candidate in candidates {
            let descriptor = SocketAddresses.makeSocket(family: candidate.family)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            var limit = timeval(tv_sec: 1, tv_usec: 0)
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
            guard candidate.withPointer({ connect(descriptor, $0, $1) }) == 0 else { continue }
            let request = Array("GET /readyz HTTP/1.0\r\nHost: \(address)\r\nConnection: close\r\n\r\n".utf8)
            guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { continue }
            var answer = [UInt8](repeating: 0, count: 64)
            let count = recv(descriptor, &answer, answer.count, 0)
            guard count > 12 else { continue }
            return String(decoding: answer[..<count], as: UTF8.self)
        }
        return nil
    }
}
