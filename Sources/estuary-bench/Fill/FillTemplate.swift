internal import ClusterProtocol
internal import Foundation
internal import GRDB
internal import SwiftASN1
internal import X509

/// What a real enrollment has left in a cluster's files, as the pattern for rows that were not enrolled.
struct FillTemplate: Sendable {
    /// The number of the device that was enrolled.
    static let device = Int(UInt32.max)

    let authority: String
    let der: Data
    let event: EventTemplate
    let secretPrincipal: String
    private let deviceSubject: String
    private let heldName: String
    private let eventSubject: String
    private let eventName: String
    private let deviceName = DeviceName.text(FillTemplate.device)
    private let pattern: CertificatePattern

    /// Reads the one enrolled device of a ledger.
    ///
    /// - Throws: ``BenchFailure`` where it is not as the filler knows it.
    init(_ db: Database) throws {
        guard
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT certificate.authority, serial, der, device.subject, name.name FROM certificate
                    JOIN device ON device.id = certificate.device JOIN name ON name.device = device.id
                    """),
            let line = try String.fetchOne(
                db, sql: "SELECT line FROM outbox WHERE line LIKE '%\"type\":\"issued\"%'")
        else { throw BenchFailure("The cluster's ledger has no device to make others like.") }
        let real = try AuditEvent(line: line)
        guard let subject = real.subject, let name = real.names?.first, real.names?.count == 1 else {
            throw BenchFailure("The real event is not as the filler expects it.")
        }
        authority = row[0]
        der = row[2]
        deviceSubject = row[3]
        heldName = row[4]
        eventSubject = subject
        eventName = name
        secretPrincipal = real.principal ?? ""
        event = try EventTemplate(real)
        pattern = try CertificatePattern(der, serial: row[1], name: deviceName)
    }

    /// The real certificate with another serial number and name, which nobody has signed.
    func certificate(serial: Data, name: String) -> Data {
        pattern.certificate(serial: serial, name: name)
    }

    /// The real certificate with another serial number, name and validity, signed.
    func signedCertificate(_ row: FilledFleet.Row, key: Certificate.PrivateKey) throws -> Data {
        let real = try Certificate(derEncoded: Array(der))
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(bytes: Array(row.serial)), publicKey: real.publicKey,
            notValidBefore: Date(timeIntervalSince1970: Double(row.notBefore)),
            notValidAfter: Date(timeIntervalSince1970: Double(row.notAfter)), issuer: real.issuer,
            subject: try DistinguishedName { CommonName(row.name) }, signatureAlgorithm: real.signatureAlgorithm,
            extensions: real.extensions, issuerPrivateKey: key)
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return Data(serializer.serializedBytes)
    }

    func deviceSubject(name: String) -> String { deviceSubject.replacing(deviceName, with: name) }
    func heldName(name: String) -> String { heldName.replacing(deviceName, with: name) }
    func subject(name: String) -> String { eventSubject.replacing(deviceName, with: name) }
    func nameText(name: String) -> String { eventName.replacing(deviceName, with: name) }
}
