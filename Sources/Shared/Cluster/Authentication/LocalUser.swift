/// A user of this host at a local socket.
struct LocalUser: Hashable {
    var id: UInt32

    private static let prefix = "uid:"

    init(id: UInt32) {
        self.id = id
    }

    /// Reads the address that libzmq makes of the socket's peer credentials: `localhost:UID:GID:PID`.
    init?(address: String) {
        let parts = address.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "localhost", let id = UInt32(parts[1]) else { return nil }
        self.id = id
    }

    /// Reads the `User-Id` of a message.
    init?(userID: some Sequence<UInt8>) {
        let text = String(decoding: Array(userID), as: UTF8.self)
        guard text.hasPrefix(Self.prefix), let id = UInt32(text.dropFirst(Self.prefix.count)) else { return nil }
        self.id = id
    }

    /// What stands in the `User-Id` of this user's messages.
    var userID: String { "\(Self.prefix)\(id)" }

    var identity: PeerIdentity { PeerIdentity(name: "operator:\(id)", role: .operator) }
}
