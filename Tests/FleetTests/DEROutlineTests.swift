internal import Device
internal import PKI
internal import Testing

@testable internal import Fleet

@Suite("Outline of DER")
struct DEROutlineTests {
    @Test("finds the certificate for a key among others, and traps on nothing")
    func certificates() async throws {
        let server = try await FleetTestServer()
        let device = try SimulatedDevice(name: "a.example.com", kind: .p256)
        let other = try SimulatedDevice(name: "b.example.com", kind: .ed25519)
        let message = try server.issue(device.request, presented: nil, isRenewal: false)
        let certificate = try #require(DEROutline.certificate(in: message, publicKey: device.publicKey))
        #expect(try CertsOnlyMessage.decode(message).contains(certificate))
        #expect(DEROutline.certificate(in: message, publicKey: other.publicKey) == nil)
        for count in 0..<message.count {
            #expect(DEROutline.certificate(in: Array(message.prefix(count)), publicKey: device.publicKey) == nil)
        }
        // Any byte may be anything: what comes out does not matter here.
        for index in message.indices {
            for value in [0x00, 0x7f, 0x80, 0x84, 0xff] as [UInt8] {
                var changed = message
                changed[index] = value
                _ = DEROutline.certificate(in: changed, publicKey: device.publicKey)
                _ = DEROutline.publicKey(ofRequest: changed)
            }
        }
        try await server.stop()
    }
}
