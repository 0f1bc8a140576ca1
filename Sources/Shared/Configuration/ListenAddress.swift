/// A host and a port to listen on, written `host:port`, or `[address]:port` for IPv6.
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// Without brackets.
    package var host: String
    /// 0 lets the system choose.
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// The address in a text; nil where it is none.
    ///
    /// Every address of the machine is `0.0.0.0` or `[::]`; there is no `*`, which no resolver knows.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !"*/[]'\"".utf8.contains($0) }) else {
            return nil
        }
        self.init(host: String(host), port: Int(port))
    }

    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Whether it stands for every address of the machine.
    package var isEveryAddress: Bool {
        host == "0.0.0.0" || host == "::"
    }
}
