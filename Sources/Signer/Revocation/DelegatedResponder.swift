internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import X509

/// An OCSP responder of an authority: a key of the signer's own, in memory only, and its certificate
/// (RFC 6960 §4.2.2.2).
///
/// The authority's own key so never signs what anybody may ask for.
struct DelegatedResponder: Sendable {
    let certificate: Data
    let serial: Data
    /// In seconds since 1970.
    let notBefore: Int64
    let notAfter: Int64
    private let key: P256.Signing.PrivateKey
    /// As its responses name it.
    private let identity: OCSPIssuer

    init(certificate: Data, serial: Data, notBefore: Int64, notAfter: Int64, key: P256.Signing.PrivateKey) throws {
        self.certificate = certificate
        self.serial = serial
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.key = key
        identity = try OCSPIssuer(certificate: Array(certificate))
    }

    /// Whether it is to sign now: at half of its life another takes its place, unless that could not live longer.
    func isFresh(at now: Int64, authorityEnd: Int64) -> Bool {
        isValid(at: now) && (now < notBefore + (notAfter - notBefore) / 2 || notAfter >= authorityEnd)
    }

    func isValid(at now: Int64) -> Bool {
        now >= notBefore && now < notAfter
    }

    /// The OCSPResponse, DER.
    func respond(_ response: OCSPResponse) throws -> Data {
        let toBeSigned = response.toBeSigned(responder: identity)
        return Data(
            OCSPResponse.encode(
                toBeSigned: toBeSigned, signatureAlgorithm: .ecdsaWithSHA256,
                signature: Array(try key.signature(for: toBeSigned).derRepresentation),
                certificates: [Array(certificate)]))
    }
}

/// Issues a delegated responder's certificate; it has its record and its event, like every other.
struct DelegatedResponderIssuance: Sendable {
    /// Short, since no client asks whether it is revoked (id-pkix-ocsp-nocheck).
    static let lifetime: Int64 = 7 * 86400
    private static let backdating: Int64 = 300
    /// id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1), whose value is NULL.
    private static let noCheck = Certificate.Extension(
        oid: [1, 3, 6, 1, 5, 5, 7, 48, 1, 5], critical: false, value: [0x05, 0x00])

    var core: SignerCore
    var authority: IssuingAuthority

    func issue() async throws -> DelegatedResponder {
        let time = core.now()
        let now = Int64(time.timeIntervalSince1970)
        guard authority.notAfter > now else {
            throw ServiceError(.unexpected, "The authority «\(authority.name)» has expired.")
        }
        let key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName("OCSP responder of \(authority.name.prefix(40))") }
        let contents = CertificateContents(
            serial: core.serials.next(at: time), publicKey: .init(key.publicKey), subject: subject,
            notBefore: now - Self.backdating, notAfter: min(now - Self.backdating + Self.lifetime, authority.notAfter),
            extensions: [
                try Certificate.Extension(KeyUsage(digitalSignature: true), critical: true),
                try Certificate.Extension(ExtendedKeyUsage([.ocspSigning]), critical: false),
                Self.noCheck,
            ], namesServices: false)
        let der = try authority.issue(contents)
        let responder = try DelegatedResponder(
            certificate: der, serial: contents.serial, notBefore: contents.notBefore, notAfter: contents.notAfter,
            key: key)
        var event = core.events.event(.responderCertificateIssued, at: time)
        event.decision = .allowed
        core.events.fill(
            &event,
            CertificateFacts(
                authority: authority.name, serial: contents.serial, device: nil, der: der,
                subject: subject.description, names: [], notBefore: contents.notBefore, notAfter: contents.notAfter,
                remarks: []))
        let line = try UnnumberedEventLine(event)
        let record = CertificateRecord(
            authority: authority.name, serial: contents.serial, device: nil, der: der, label: "",
            profile: "ocsp-responder", node: core.name, issuedAt: Int64(time.timeIntervalSince1970 * 1000),
            notBefore: contents.notBefore, notAfter: contents.notAfter)
        try await core.ledger.writer.perform(reserved: true, counts: LedgerCounts(certificates: 1)) { db in
            try CertificateTable.insert(db, record)
            try OutboxTable.append(db, line, at: now)
        }
        core.outboxGrew()
        return responder
    }
}
