internal import Foundation
internal import PKI

/// An OCSP request, DER, written here byte by byte.
enum TestStatusRequest {
    static func make(
        _ serials: [[UInt8]], issuer: TestAuthority, hash: OCSPIdentifierHash = .sha1, extensions: [UInt8] = []
    ) throws -> [UInt8] {
        let hashes = try OCSPIssuer(certificate: Array(issuer.issuing.der)).hashes(hash)
        let algorithm: [UInt8] =
            switch hash {
            case .sha1: [0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a]
            case .sha256: [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]
            }
        let requests = serials.flatMap { serial in
            let number = (serial.first ?? 0) >= 0x80 ? [0] + serial : serial
            return element(
                0x30,
                element(
                    0x30,
                    element(0x30, algorithm + [0x05, 0x00]) + element(0x04, hashes.name)
                        + element(0x04, hashes.key) + element(0x02, number)))
        }
        return element(0x30, element(0x30, element(0x30, requests) + extensions))
    }

    /// A nonce as the extensions of a request.
    static let nonce = element(
        0xa2,
        element(
            0x30,
            element(
                0x30,
                [0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02]
                    + element(0x04, element(0x04, [UInt8](repeating: 9, count: 16))))))

    static func element(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] {
        switch contents.count {
        case ..<0x80: [tag, UInt8(contents.count)] + contents
        case ..<0x100: [tag, 0x81, UInt8(contents.count)] + contents
        default: [tag, 0x82, UInt8(contents.count >> 8), UInt8(contents.count & 0xff)] + contents
        }
    }
}
