internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import X509

/// The lines of a fleet's events: with every field that signer and frontends fill, and a certificate in each issuance.
struct LoggedLines: Sendable {
    /// One run a source, all of this name.
    static let run = "6f0c1d52-5c38-4c0e-9a57-0d6f1b0c2a11"
    static let validity: Int64 = 90 * 86_400_000

    let fleet: LoggedFleet
    private let templates: [Key: EventTemplate]
    private let pattern: CertificatePattern

    /// What events have in common that differ in numbers and names alone.
    private struct Key: Hashable {
        var kind: LoggedFleet.Kind
        var label: UInt8
        var source: UInt8
        var isRenewal: Bool
        /// Of ``LoggedFleet/reasons``.
        var reason: Int
    }

    init(fleet: LoggedFleet) throws {
        self.fleet = fleet
        pattern = try Self.pattern()
        var templates: [Key: EventTemplate] = [:]
        for kind in LoggedFleet.Kind.allCases {
            for label in LoggedFleet.labels.indices {
                for source in 0...(kind == .denied ? LoggedFleet.frontends : 0) {
                    for isRenewal in [false, true] {
                        for reason in 0..<(kind == .denied ? LoggedFleet.reasons.count : 1) {
                            let key = Key(
                                kind: kind, label: UInt8(label), source: UInt8(source), isRenewal: isRenewal,
                                reason: reason)
                            let (event, fields) = Self.event(key)
                            templates[key] = try EventTemplate(event, fields: fields)
                        }
                    }
                }
            }
        }
        self.templates = templates
    }

    static func source(_ number: UInt8) -> String {
        number == 0 ? AuditEvent.signerSource : "frontend-\(number)"
    }

    static func principal(secret: Int) -> String {
        var random = RowRandom(row: secret, purpose: 12)
        return "secret:" + random.hexadecimal(words: 1)
    }

    /// Of the certificate that an event has issued.
    static func serial(_ number: Int) -> Data {
        var random = RowRandom(row: number, purpose: 13)
        var serial = random.bytes(words: 2)
        // Positive, and as long as any other.
        serial[0] = serial[0] & 0x3f | 0x40
        return serial
    }

    /// The line of an event, numbered by its source.
    func line(_ number: Int, _ facts: LoggedFleet.Facts, sequence: Int64) throws -> String {
        var random = RowRandom(row: number, purpose: 14)
        let key = Key(
            kind: facts.kind, label: facts.label, source: facts.source, isRenewal: facts.isRenewal,
            reason: facts.kind == .denied ? Int(random.next() % UInt64(LoggedFleet.reasons.count)) : 0)
        guard let template = templates[key] else { throw BenchFailure("There is no pattern for event \(number).") }
        var values = [String](repeating: "", count: EventTemplate.Field.allCases.count)
        func set(_ field: EventTemplate.Field, _ text: String) { values[field.rawValue] = text }
        set(.id, random.identifier())
        set(.sequence, String(sequence))
        set(.time, UTCTime.text(milliseconds: facts.time))
        set(.salt, random.hexadecimal(words: 2))
        set(.fingerprint, random.hexadecimal(words: 4))
        set(.principal, facts.secret.map(Self.principal) ?? "certificate:" + random.hexadecimal(words: 2))
        if let device = facts.device {
            let name = DeviceName.text(device)
            set(.device, Self.device(device))
            set(.subject, "CN=" + name)
            set(.name, "dns:" + name + Self.domain)
            set(.key, random.hexadecimal(words: 4))
            set(.digest, random.hexadecimal(words: 4))
            set(.requestID, random.identifier())
            if let issued = facts.certificate {
                let serial = Self.serial(issued)
                set(.serial, serial.hexadecimal)
                if facts.kind == .issued {
                    let der = pattern.certificate(serial: serial, name: name)
                    set(.certificate, der.base64EncodedString())
                    set(.fingerprint, Data(SHA256.hash(data: der)).hexadecimal)
                    set(.notBefore, UTCTime.text(milliseconds: facts.time - 300_000))
                    set(.notAfter, UTCTime.text(milliseconds: facts.time + Self.validity))
                }
            }
        }
        return template.line(values)
    }

    /// The first event of a source, before the year begins.
    func started(source: UInt8) throws -> String {
        var event = AuditEvent(.started, time: Date(timeIntervalSince1970: Double(fleet.start / 1000 - 1)))
        event.source = Self.source(source)
        event.run = Self.run
        event.sequence = 1
        return try event.line()
    }

    private static let domain = ".plant.example"

    private static func device(_ number: Int) -> String {
        var random = RowRandom(row: number, purpose: 15)
        return random.hexadecimal(words: 1)
    }

    /// With what the signer's events and the frontends' refusals have.
    private static func event(_ key: Key) -> (AuditEvent, fields: [EventTemplate.Field]) {
        var event = AuditEvent(key.kind.type, time: Date())
        event.source = source(key.source)
        event.run = run
        event.decision = key.kind == .denied ? .denied : .allowed
        event.label = LoggedFleet.labels[Int(key.label)]
        let always: [EventTemplate.Field] = [.id, .sequence, .time, .salt]
        switch key.kind {
        case .issued, .replayed, .denied:
            event.node = source(key.source == 0 ? key.label % UInt8(LoggedFleet.frontends) + 1 : key.source)
            event.operation = key.isRenewal ? "simplereenroll" : "simpleenroll"
            event.remoteAddress = "10.20.\(key.label).31"
            event.profile = "device"
            event.profileVersion = 1
            event.authentication = key.isRenewal ? .certificate : .secret
            let common = always + [.principal, .subject, .key, .digest, .requestID]
            switch key.kind {
            case .issued:
                event.authority = "issuing-1"
                return (event, common + [.name, .device, .serial, .certificate, .fingerprint, .notBefore, .notAfter])
            case .replayed:
                event.authority = "issuing-1"
                return (event, common + [.device, .serial, .fingerprint])
            default:
                event.reason = LoggedFleet.reasons[key.reason]
                event.reasonText = "The request is refused; the operator of the network knows more."
                return (event, common + [.name])
            }
        case .revocationList:
            event.authority = "issuing-1"
            event.count = 120
            event.reasonText = "The list has the number 4711."
            return (event, always + [.fingerprint])
        case .secretCreated:
            event.authentication = .localUser
            event.operator = "operator:1000"
            return (event, always + [.principal])
        }
    }

    /// A device's certificate, really signed, by an authority that nobody knows.
    private static func pattern() throws -> CertificatePattern {
        let (name, serial) = (DeviceName.text(0), serial(0))
        let (authority, device) = (P256.Signing.PrivateKey(), P256.Signing.PrivateKey())
        let now = Date()
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(bytes: Array(serial)), publicKey: .init(device.publicKey),
            notValidBefore: now, notValidAfter: now.addingTimeInterval(Double(validity) / 1000),
            issuer: try DistinguishedName {
                OrganizationName("Bench")
                CommonName("Bench Issuing CA")
            },
            subject: try DistinguishedName { CommonName(name) },
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.clientAuth])
                SubjectKeyIdentifier(hash: .init(device.publicKey))
                SubjectAlternativeNames([.dnsName(name + domain)])
            }, issuerPrivateKey: .init(authority))
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return try CertificatePattern(Data(serializer.serializedBytes), serial: serial, name: name)
    }
}
