internal import PKI

/// Whom failures are counted for: an IPv4 address, or the /64 network of an IPv6 address, as a host has all of that.
struct ClientNetwork: Hashable, Sendable, CustomStringConvertible {
    private let bytes: [UInt8]

    /// - Parameter address: As the connection names it. One that can't be read shares one count with all such.
    init(address: String) {
        // Without the zone of a link-local address.
        let address = IPAddress(String(address.prefix { $0 != "%" }))?.unmapped
        bytes = Array(address?.bytes.prefix(address?.bytes.count == 16 ? 8 : 4) ?? [])
    }

    /// As events name it: `10.0.0.1`, `2001:db8::/64`.
    var description: String {
        guard bytes.count == 8 else { return IPAddress(bytes: bytes)?.description ?? "" }
        return IPAddress(bytes: bytes + Array(repeating: 0, count: 8)).map { "\($0)/64" } ?? ""
    }
}
