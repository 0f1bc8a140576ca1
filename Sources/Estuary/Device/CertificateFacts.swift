internal import Device
internal import Foundation
internal import PKI
internal import X509

/// A certificate as the device's commands show it.
struct CertificateFacts: Encodable {
    var subject: String
    var issuer: String
    var serial: String
    /// Seconds since 1970.
    var notBefore: Int64
    var notAfter: Int64
    /// From when on `renew --if-needed` renews it.
    var renewsFrom: Int64
    /// SHA-256
    var fingerprint: String

    init(_ certificate: Certificate) throws {
        subject = certificate.subject.description
        issuer = certificate.issuer.description
        serial = Array(certificate.serialNumber.bytes).hexadecimal
        notBefore = Int64(certificate.notValidBefore.timeIntervalSince1970)
        notAfter = Int64(certificate.notValidAfter.timeIntervalSince1970)
        renewsFrom = Int64(try RenewalSchedule.standard.due(certificate).timeIntervalSince1970)
        fingerprint = try certificate.sha256.hexadecimal
    }
}

/// What a command has put into the device's files.
struct InstalledFacts: Encodable {
    /// Whether there is a new certificate.
    var renewed: Bool
    var key: String?
    /// Where a key that came encrypted is, as CMS in DER.
    var keyMessage: String?
    var certificate: String
    var facts: CertificateFacts

    private enum CodingKeys: CodingKey {
        case renewed, key, keyMessage, certificate
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(renewed, forKey: .renewed)
        try container.encodeIfPresent(key, forKey: .key)
        try container.encodeIfPresent(keyMessage, forKey: .keyMessage)
        try container.encode(certificate, forKey: .certificate)
        try facts.encode(to: encoder)
    }

    func print(json: Bool) throws {
        guard !json else { return try Output.json(self) }
        let now = TimeText.now
        var sheet = FactSheet()
        sheet.add("subject", facts.subject)
        sheet.add("serial", facts.serial)
        sheet.add("issuer", facts.issuer)
        sheet.add("valid until", TimeText.full(facts.notAfter, now: now))
        sheet.add("renews from", TimeText.full(facts.renewsFrom, now: now))
        sheet.add("key", key)
        sheet.add("encrypted key", keyMessage)
        sheet.add("certificate", certificate)
        try Output.line(sheet.text)
    }
}
