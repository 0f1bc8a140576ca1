internal import NIOHTTP1

extension HTTPRequestHead {
    /// Whether the head is one that RFC 9112 has a server refuse, and that the codec lets through.
    ///
    /// Two recipients could read such a request in two ways: which host it is for (§3.2), or where it ends (§6.1).
    var isFaulty: Bool {
        let hosts = headers["Host"]
        let isHTTP10 = version.major == 1 && version.minor == 0
        guard isHTTP10 ? hosts.count <= 1 : hosts.count == 1, hosts.allSatisfy(Self.isHost) else { return true }
        return isHTTP10 && headers.contains(name: "Transfer-Encoding")
    }

    /// Whether the text can be a host and port (RFC 3986 §3.2.2), by its characters. An empty one is allowed.
    private static func isHost(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            default: "-._~%!$&'()*+,;=:[]".utf8.contains(byte)
            }
        }
    }
}
