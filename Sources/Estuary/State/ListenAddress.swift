internal import Foundation

/// A host and a port to listen at: `127.0.0.1:8443`, `[::1]:8443`, `localhost:8443`.
struct ListenAddress: Equatable, Sendable, CustomStringConvertible {
    /// Without brackets.
    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Throws: ``Failure`` where the text is no such address.
    init(_ text: String) throws {
        let failure = Failure("«\(text)» is no address to listen at.", hint: "Give host and port: 127.0.0.1:8443.")
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { throw failure }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw failure
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !"/[]'\"".utf8.contains($0) }) else {
            throw failure
        }
        (self.host, self.port) = (String(host), port)
    }

    var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Whether it stands for every address of the machine.
    var isEveryAddress: Bool {
        host == "0.0.0.0" || host == "::" || host == "*"
    }

    /// Where a client on this machine finds it.
    var localClientHost: String {
        isEveryAddress ? "localhost" : host.contains(":") ? "[\(host)]" : host
    }
}
