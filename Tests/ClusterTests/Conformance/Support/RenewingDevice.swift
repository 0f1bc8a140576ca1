internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import TestRequests
internal import Testing
internal import X509

/// A device with a certificate, that renews it with requests put together byte by byte.
struct RenewingDevice: Sendable {
    typealias Subject = [(String, TestRequest.StringType, String)]

    static let cn = "2.5.4.3"
    static let o = "2.5.4.10"
    static let ou = "2.5.4.11"

    var device: TestDevice
    var key: P256.Signing.PrivateKey
    var certificate: Certificate

    /// Enrolls under these names.
    static func enrolled(
        _ subject: Subject, names: [[UInt8]] = [], in cluster: TestCluster, label: String
    ) async throws -> RenewingDevice {
        let key = P256.Signing.PrivateKey()
        let device = try TestDevice("renewing", in: cluster, key: .init(key))
        let secret = try await cluster.secret(label: label)
        let answer = try await Curl.post(
            cluster.url("simpleenroll", label: label),
            body: body(TestRequest.name(subject), names, key: key),
            ["--cacert", cluster.trustAnchor, "--user", ":\(secret)"])
        return RenewingDevice(device: device, key: key, certificate: try answer.certificate())
    }

    /// Asks for a renewal on a label, on a connection of its own.
    func renew(
        _ subject: [UInt8], names: [[UInt8]] = [], attributes: [[UInt8]] = [], key: P256.Signing.PrivateKey? = nil,
        label: String, in cluster: TestCluster, frontend: Int = 1, operation: String = "simplereenroll",
        secret: String? = nil
    ) async throws -> Curl.Answer {
        try await device.ask(
            cluster, showing: [certificate], operation: operation, label: label, frontend: frontend, secret: secret,
            body: Self.body(subject, names, attributes: attributes, key: key ?? self.key))
    }

    func renew(
        _ subject: Subject, names: [[UInt8]] = [], attributes: [[UInt8]] = [], key: P256.Signing.PrivateKey? = nil,
        label: String, in cluster: TestCluster, frontend: Int = 1, operation: String = "simplereenroll"
    ) async throws -> Curl.Answer {
        try await renew(
            TestRequest.name(subject), names: names, attributes: attributes, key: key, label: label, in: cluster,
            frontend: frontend, operation: operation)
    }

    static func body(
        _ subject: [UInt8], _ names: [[UInt8]], attributes: [[UInt8]] = [], key: P256.Signing.PrivateKey
    ) throws -> Data {
        var request = TestRequest(
            subject: subject, extensions: names.isEmpty ? [] : [TestRequest.alternativeNames(names)],
            attributes: attributes)
        request.key = .p256(key)
        return Data(Data(try request.encoded()).base64EncodedString().utf8)
    }

    /// The attribute of RFC 6402 §2.8.
    static func changeSubjectName(subject: [UInt8]? = nil, names: [UInt8]? = nil) -> [UInt8] {
        TestRequest.attribute("1.3.6.1.5.5.7.7.36", [TestRequest.sequence([subject, names].compactMap { $0 })])
    }
}

extension Certificate {
    /// The subject's DER encoding.
    var subjectDER: [UInt8] {
        get throws {
            var serializer = DER.Serializer()
            try serializer.serialize(subject)
            return serializer.serializedBytes
        }
    }

    /// The subjectAltName's value.
    var alternativeNameDER: [UInt8]? {
        extensions[oid: .X509ExtensionID.subjectAlternativeName].map { Array($0.value) }
    }
}
