internal import PKI
internal import Testing

@testable internal import Frontend

/// What is read as a header of the PROXY protocol's version 2, and what is refused.
@Suite struct ProxyHeaderTests {
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    /// - Parameter length: as the header says it; as long as it is unless given.
    static func header(command: UInt8 = 0x21, family: UInt8 = 0x11, _ body: [UInt8], length: Int? = nil) -> [UInt8] {
        let length = length ?? body.count
        return signature + [command, family, UInt8(length >> 8), UInt8(length & 0xFF)] + body
    }

    static let version4: [UInt8] = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 0x01, 0xBB]
    static let version6: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [9] + [UInt8](repeating: 1, count: 16)
        + [0x12, 0x34, 0x01, 0xBB]

    private func source(_ bytes: [UInt8]) throws -> ProxyHeader.Source? {
        try ProxyHeader.read(bytes)?.source
    }

    @Test func addresses() throws {
        let four = try #require(IPAddress("192.0.2.7"))
        let six = try #require(IPAddress("2001:db8::9"))
        #expect(try source(Self.header(Self.version4)) == .address(four))
        #expect(try source(Self.header(family: 0x21, Self.version6)) == .address(six))
        // One that stands for an IPv4 address is that one.
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 7] + [UInt8](repeating: 0, count: 20)
        #expect(try source(Self.header(family: 0x21, mapped)) == .address(four))
    }

    @Test func theBalancersOwnConnections() throws {
        #expect(try source(Self.header(command: 0x20, family: 0x00, [])) == .connection)
        // Whatever else LOCAL names is to be ignored.
        #expect(try source(Self.header(command: 0x20, family: 0x11, Self.version4)) == .connection)
        #expect(try source(Self.header(family: 0x00, [1, 2, 3])) == .connection)
    }

    @Test func typeLengthValuesAreSkipped() throws {
        let bytes = Self.header(Self.version4 + [UInt8](repeating: 0xEE, count: 500))
        let header = try #require(try ProxyHeader.read(bytes + [0x16, 0x03, 0x01]))
        #expect(header.length == bytes.count)
    }

    @Test func everyShorterBeginningNeedsMore() throws {
        let bytes = Self.header(Self.version4)
        for count in 0..<bytes.count {
            #expect(try ProxyHeader.read(bytes.prefix(count)) == nil)
        }
    }

    @Test(arguments: [
        (Array("PROXY TCP4 192.0.2.7 10.0.0.1 4660 443\r\n".utf8), ProxyHeader.Malformed.version),
        ([0x16, 0x03, 0x01, 0x02], .noSignature),
        (Array("GET / HTTP/1.1\r\n".utf8), .noSignature),
        (header(command: 0x11, version4), .version),
        (header(command: 0x31, version4), .version),
        (header(command: 0x22, version4), .command),
        (header(family: 0x12, version4), .family),
        (header(family: 0x31, version4), .family),
        (header(family: 0x10, version4), .family),
        (header(family: 0x41, version4), .family),
        (header(Array(version4.dropLast())), .length),
        (header(family: 0x21, version4), .length),
        (header([]), .length),
        (header(version4, length: 2033), .length),
        (header(version4, length: 65535), .length),
    ])
    func refused(bytes: [UInt8], reason: ProxyHeader.Malformed) {
        #expect(throws: reason) { try ProxyHeader.read(bytes) }
    }

    @Test func nothingThatIsReadTraps() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = Self.header(Self.version4 + [3, 0, 1, 2])
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = try? ProxyHeader.read(bytes.prefix(.random(in: 0...bytes.count, using: &generator)))
        }
    }
}
