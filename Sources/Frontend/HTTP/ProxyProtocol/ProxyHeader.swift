internal import PKI

/// The header of the PROXY protocol, version 2: where a connection really comes from, as a load balancer says it.
///
/// https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, §2.2. Version 1, a line of text, is refused. Pure.
struct ProxyHeader: Equatable {
    enum Source: Equatable {
        /// The balancer's own connection, such as a health check, or one whose address it doesn't know: the address that
        /// the connection has counts.
        case connection
        case address(IPAddress)
    }

    /// Why bytes are no header.
    enum Malformed: Error, Equatable {
        case noSignature
        /// Version 1, or one that is not known.
        case version
        case command
        /// A family or transport other than TCP over IPv4 or IPv6.
        case family
        /// Longer than ``maximumLength``, or shorter than its addresses.
        case length
    }

    /// Of the whole header with its TLVs. Addresses take 36 bytes at most; balancers add TLVs of some hundred.
    static let maximumLength = 2048

    private static let signature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]
    private static let fixedLength = 16

    var source: Source
    /// How many bytes it takes: what follows is the client's.
    var length: Int

    /// Reads a header from the first bytes of a connection.
    ///
    /// - Returns: nil where more bytes are needed to tell.
    static func read(_ bytes: some Collection<UInt8>) throws(Malformed) -> ProxyHeader? {
        let start = Array(bytes.prefix(fixedLength))
        guard zip(start, signature).allSatisfy({ $0 == $1 }) else {
            // «PROXY TCP4 …» is version 1.
            throw start.starts(with: Array("PROXY".utf8)) ? .version : .noSignature
        }
        guard start.count > signature.count else { return nil }
        guard start[12] >> 4 == 2 else { throw .version }
        let command = start[12] & 0x0F
        guard command <= 1 else { throw .command }
        guard start.count == fixedLength else { return nil }
        let length = fixedLength + Int(start[14]) << 8 + Int(start[15])
        guard length <= maximumLength else { throw .length }
        // LOCAL: whatever family it names is to be ignored.
        let addressLength = command == 0 ? 0 : try self.addressLength(start[13])
        guard fixedLength + 2 * addressLength + (addressLength > 0 ? 4 : 0) <= length else { throw .length }
        guard bytes.count >= length else { return nil }
        guard addressLength > 0 else { return ProxyHeader(source: .connection, length: length) }
        let address = IPAddress(bytes: Array(bytes.dropFirst(fixedLength).prefix(addressLength)))
        guard let address else { throw .length }
        return ProxyHeader(source: .address(address.unmapped), length: length)
    }

    /// The length of one address; 0 where the family says that there is none.
    private static func addressLength(_ family: UInt8) throws(Malformed) -> Int {
        switch family {
        case 0x00: 0
        case 0x11: 4
        case 0x21: 16
        default: throw .family
        }
    }
}
