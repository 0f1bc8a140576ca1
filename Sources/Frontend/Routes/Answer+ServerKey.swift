internal import ClusterProtocol
internal import Foundation
internal import HTTPTypes
internal import NIOCore
internal import PKI

extension Answer {
    /// A private key and its certificate (RFC 7030 §4.4.2): `multipart/mixed`, the key first.
    ///
    /// - Parameters:
    ///   - certificate: DER.
    ///   - layout: of the base64 in both parts.
    static func serverKey(_ key: DeliveredKey, certificate: Data, layout: Base64Body.Layout) -> Answer {
        let (keyType, keyBytes): (String, Data) =
            switch key {
            case .plain(let bytes): ("application/pkcs8", bytes.revealed)
            case .enveloped(let message): ("application/pkcs7-mime; smime-type=server-generated-key", message)
            }
        // Fresh each time; and no base64 has a hyphen, so that no part can have it in itself.
        let boundary = "estuary-\(UUID().uuidString.lowercased())"
        var body = ByteBuffer()
        func write(_ type: String, _ der: [UInt8]) {
            body.writeString(
                "--\(boundary)\r\nContent-Type: \(type)\r\nContent-Transfer-Encoding: base64\r\n\r\n")
            body.writeString(Base64Body.encode(der, layout: layout))
            // It belongs to the next delimiter (RFC 2046 §5.1.1).
            body.writeStaticString("\r\n")
        }
        write(keyType, Array(keyBytes))
        write(Self.certificatesType, CertsOnlyMessage.encode([Array(certificate)]))
        body.writeString("--\(boundary)--\r\n")
        return Answer(
            .ok,
            headers: [
                .contentType: "multipart/mixed; boundary=\(boundary)",
                // Nothing between here and the device may keep a key.
                .cacheControl: "no-store",
            ], body: body)
    }
}
