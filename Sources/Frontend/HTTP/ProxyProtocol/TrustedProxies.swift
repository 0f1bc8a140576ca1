internal import NIOCore
internal import PKI

/// From where the PROXY protocol is believed: the load balancers' addresses and networks, and nobody else.
struct TrustedProxies: Sendable {
    var networks: [IPNetwork]
    /// From the connection to the end of the header.
    var headerTimeout: TimeAmount

    func contains(_ address: SocketAddress?) -> Bool {
        // Without the zone of a link-local address.
        guard let text = address?.ipAddress, let address = IPAddress(String(text.prefix { $0 != "%" })) else {
            return false
        }
        return networks.contains { $0.contains(address.unmapped) || $0.contains(address) }
    }
}

/// How the beginning of a connection from a load balancer went.
enum ProxyOutcome: String, CaseIterable, Sendable {
    case accepted
    /// The balancer's own connection, or one whose origin it doesn't know.
    case local
    /// It came from an address that is not listed.
    case untrusted
    case malformed
    /// The header did not come in time, or the connection ended before.
    case incomplete
}

/// Where a connection comes from. Used on its event loop only.
final class ConnectionOrigin {
    /// As the PROXY protocol names it; nil where the connection's own address counts.
    var address: String?

    /// Without the port; empty where it is not known.
    func text(of channel: any Channel) -> String {
        address ?? channel.remoteAddress?.ipAddress ?? ""
    }
}
