internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import Testing
internal import X509

/// A device with its key in a file, that enrolls by curl.
struct TestDevice: Sendable {
    var name: String
    var key: Certificate.PrivateKey
    var alternativeNames: [GeneralName] = []
    /// Where its key and certificate are, for curl.
    let folder: String

    init(
        _ name: String, in cluster: TestCluster, alternativeNames: [GeneralName] = [],
        key: Certificate.PrivateKey = .init(P256.Signing.PrivateKey())
    ) throws {
        self.name = name
        self.alternativeNames = alternativeNames
        self.key = key
        folder = "\(cluster.directory)/device-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try key.serializeAsPEM().pemString.write(toFile: "\(folder)/key.pem", atomically: true, encoding: .utf8)
    }

    /// The same device with a new key.
    func rekeyed(in cluster: TestCluster) throws -> TestDevice {
        try TestDevice(name, in: cluster, alternativeNames: alternativeNames)
    }

    /// A fresh certification request in base64: its signature differs each time.
    func certificationRequest(extensions: Certificate.Extensions? = nil) throws -> Data {
        var requested = extensions ?? Certificate.Extensions()
        if !alternativeNames.isEmpty {
            try requested.append(Certificate.Extension(SubjectAlternativeNames(alternativeNames), critical: false))
        }
        let request = try CertificateSigningRequest(
            version: .v1, subject: DistinguishedName { CommonName(name) }, privateKey: key,
            attributes: requested.isEmpty
                ? .init([]) : .init([.init(ExtensionRequest(extensions: requested))]))
        var serializer = DER.Serializer()
        try serializer.serialize(request)
        return Data(Data(serializer.serializedBytes).base64EncodedString().utf8)
    }

    /// Asks for a certificate with a secret.
    func enroll(
        _ cluster: TestCluster, secret: String, label: String? = nil, frontend: Int = 1,
        extensions: Certificate.Extensions? = nil, _ arguments: [String] = []
    ) async throws -> Curl.Answer {
        try await Curl.post(
            cluster.url("simpleenroll", label: label, frontend: frontend),
            body: certificationRequest(extensions: extensions),
            ["--cacert", cluster.trustAnchor, "--user", ":\(secret)"] + arguments)
    }

    /// Renews a certificate: TLS with it and `holder`'s key, a request signed with this device's key.
    func renew(
        _ cluster: TestCluster, with certificate: Certificate, of holder: TestDevice, label: String? = nil,
        frontend: Int = 1, operation: String = "simplereenroll", _ arguments: [String] = []
    ) async throws -> Curl.Answer {
        let path = "\(holder.folder)/\(Array(certificate.serialNumber.bytes).hexadecimal).pem"
        try certificate.serializeAsPEM().pemString.write(toFile: path, atomically: true, encoding: .utf8)
        return try await Curl.post(
            cluster.url(operation, label: label, frontend: frontend), body: certificationRequest(),
            ["--cacert", cluster.trustAnchor, "--cert", path, "--key", "\(holder.folder)/key.pem"] + arguments)
    }
}

extension Curl.Answer {
    /// The one certificate of a `simpleenroll` answer, which must be 200.
    func certificate(sourceLocation: SourceLocation = #_sourceLocation) throws -> Certificate {
        try #require(status == 200, "\(status): \(text)", sourceLocation: sourceLocation)
        #expect(
            headers["content-type"]?.hasPrefix("application/pkcs7-mime") == true, sourceLocation: sourceLocation)
        let der = try Base64Body.decode(body)
        let certificates = try CertsOnlyMessage.decode(der)
        try #require(certificates.count == 1, sourceLocation: sourceLocation)
        return try Certificate(derEncoded: certificates[0])
    }
}

extension Certificate {
    /// The certificate's DER encoding.
    func derEncoded() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(self)
        return serializer.serializedBytes
    }
}
