/// What a listener is to its peers, told to the ZAP handler by the socket that asks.
enum AuthenticationDomain: String, Sendable {
    /// CURVE keys of the allow-list.
    case cluster
    /// Local users.
    case administration
}

/// A question of libzmq's to the ZAP handler (ZeroMQ's RFC 27): may this peer connect?
struct AuthenticationRequest: Equatable {
    var id: [UInt8]
    var domain: String
    var address: String
    var mechanism: String
    var credentials: [[UInt8]]

    /// - Returns: nil where the frames are no request of version 1.0.
    init?(frames: [[UInt8]]) {
        guard frames.count >= 6, frames[0] == Array("1.0".utf8) else { return nil }
        id = frames[1]
        domain = String(decoding: frames[2], as: UTF8.self)
        address = String(decoding: frames[3], as: UTF8.self)
        // Frame 4 is the routing id that the peer gave itself: it says nothing about who it is.
        mechanism = String(decoding: frames[5], as: UTF8.self)
        credentials = Array(frames[6...])
    }

    /// Who the peer is, as the `User-Id` of its messages; nil where it may not connect.
    ///
    /// - Parameters:
    ///   - allowList: the keys that may connect over TCP.
    ///   - owner: the user of this process.
    func admittedUserID(allowList: AllowList, owner: UInt32) -> String? {
        switch AuthenticationDomain(rawValue: domain) {
        case .cluster:
            guard mechanism == "CURVE", credentials.count == 1, let key = CurvePublicKey(bytes: credentials[0]),
                allowList.peer(of: key) != nil
            else { return nil }
            return key.z85
        case .administration:
            guard mechanism == "NULL", credentials.isEmpty, let user = LocalUser(address: address),
                user.id == owner || user.id == 0
            else { return nil }
            return user.userID
        case nil:
            return nil
        }
    }
}
