internal import CNIOBoringSSL
package import Device
internal import PKI
internal import SwiftASN1
internal import X509

/// A device of the fleet: its name, its key, the request it sends, and its newest certificate.
///
/// `@unchecked Sendable`: a device is in one event loop's hands at a time. It is prepared before the loops have it, and
/// read again only when they have ended.
package final class SimulatedDevice: @unchecked Sendable {
    package let name: String
    /// PKCS#8, DER.
    let privateKey: [UInt8]
    /// The subject public key info, DER.
    let publicKey: [UInt8]
    /// The certification request in base64.
    private(set) var request: [UInt8]
    /// DER; nil until the device is enrolled.
    private(set) var certificate: [UInt8]?

    package var isEnrolled: Bool { certificate != nil }

    private var loadedKey: OpaquePointer?
    private var session: OpaquePointer?

    private init(name: String, privateKey: [UInt8], publicKey: [UInt8], request: [UInt8]) {
        self.name = name
        self.privateKey = privateKey
        self.publicKey = publicKey
        self.request = request
    }

    deinit {
        EVP_PKEY_free(loadedKey)
        SSL_SESSION_free(session)
    }

    /// Makes a device with a new key.
    package convenience init(name: String, kind: DeviceKey.Kind) throws {
        let subject = try DistinguishedName { CommonName(name) }
        try self.init(
            name: name, key: try DeviceKey.generate(kind),
            wanted: WantedCertificate(subject: subject, alternativeNames: [.dnsName(name)]))
    }

    /// A device that an earlier run has enrolled.
    convenience init(name: String, privateKey: [UInt8], certificate: [UInt8]) throws {
        let pem = PEMDocument(type: "PRIVATE KEY", derBytes: privateKey).pemString
        let key = try DeviceKey(pem: pem)
        let parsed = try Certificate(derEncoded: certificate)
        guard parsed.publicKey == key.publicKey else {
            throw FleetError("the certificate of \(name) is not for its key")
        }
        try self.init(name: name, key: key, wanted: try WantedCertificate(renewing: parsed))
        self.certificate = certificate
    }

    private convenience init(name: String, key: DeviceKey, wanted: WantedCertificate) throws {
        let request = try wanted.certificationRequest(key: key, wishes: CSRAttributesAnswer(), challengePassword: nil)
        guard let publicKey = DEROutline.publicKey(ofRequest: request) else {
            throw FleetError("the certification request of \(name) can't be read again")
        }
        self.init(
            name: name, privateKey: try PEMDocument(pemString: key.pem).derBytes, publicKey: publicKey,
            request: Self.base64(request))
    }

    /// Takes the newest certificate.
    ///
    /// - Returns: whether it is another one than before: a server that answers a request it has seen gives the same.
    func take(certificate new: [UInt8]) -> Bool {
        guard certificate != new else { return false }
        certificate = new
        // A session shows the certificate that it began with.
        forgetSession()
        return true
    }

    /// Makes the request for a renewal where the server issued other names than were asked for: a renewal must ask for
    /// those of the certificate (RFC 7030 §4.2.2).
    package func prepareRenewal() throws {
        guard let certificate else { return }
        let wanted = try WantedCertificate(renewing: try Certificate(derEncoded: certificate))
        if wanted.subject == (try DistinguishedName { CommonName(name) }),
            wanted.alternativeNames == [.dnsName(name)]
        {
            return
        }
        let key = try DeviceKey(pem: PEMDocument(type: "PRIVATE KEY", derBytes: privateKey).pemString)
        request = Self.base64(
            try wanted.certificationRequest(key: key, wishes: CSRAttributesAnswer(), challengePassword: nil))
    }

    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        Array(Base64Body.encode(bytes, layout: .lines).utf8)
    }

    // MARK: TLS

    /// The key as BoringSSL has it: made at the first handshake, and kept.
    func nativeKey() -> OpaquePointer? {
        if let loadedKey { return loadedKey }
        loadedKey = privateKey.withUnsafeBufferPointer { bytes in
            var position = bytes.baseAddress
            return d2i_AutoPrivateKey(nil, &position, bytes.count)
        }
        return loadedKey
    }

    /// The session of the last connection that showed the newest certificate.
    var resumableSession: OpaquePointer? { session }

    /// Takes the ownership of a session.
    func keep(session new: OpaquePointer) {
        SSL_SESSION_free(session)
        session = new
    }

    private func forgetSession() {
        SSL_SESSION_free(session)
        session = nil
    }
}
