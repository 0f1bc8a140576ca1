internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import GRDB
internal import PKI
internal import SwiftASN1
internal import X509

extension AdministrationDesk {
    func listCertificates(_ request: ListCertificatesRequest) async throws -> Page<CertificateDescription> {
        try core.ledger.read { db in
            var search = CertificateSearch(limit: Self.pageSize)
            search.device = try request.device.map(deviceNumber)
            search.label = request.label
            search.node = request.node
            search.since = request.since.map(Self.milliseconds)
            search.revokedOnly = request.revokedOnly
            search.after = try request.cursor.map(Self.certificateCursor)
            if let name = request.name {
                guard let holder = try holding(name, db)?.device, search.device == nil || search.device == holder
                else {
                    return Page(items: [], nextCursor: nil)
                }
                search.device = holder
            }
            let found = try search.run(db)
            var page = try page(of: try found.records.map { try describe($0, withCertificate: false) }) {
                "\($0.authority):\($0.serial)"
            }
            if page.items.count == found.records.count {
                // A page may be empty and yet not the last: so many certificates of others were looked at.
                page.nextCursor = found.stoppedAt.map(Self.cursor)
            }
            return page
        }
    }

    /// A time in seconds as the ledger has it.
    static func milliseconds(_ seconds: Int64) -> Int64 {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow ? (seconds < 0 ? .min : .max) : product
    }

    func showCertificate(_ request: ShowCertificateRequest) async throws -> CertificateDescription {
        try describe(try core.ledger.read { try certificate(request.serial, $0) }, withCertificate: true)
    }

    func revokeCertificate(_ request: RevokeCertificateRequest) async throws -> RevokeCertificateReply {
        let now = core.seconds()
        let person = try CallContext.required().peer.name
        let events = core.events
        let time = core.now()
        let reply = try await core.ledger.writer.perform(reserved: true) { db in
            let named = try certificate(request.serial, db)
            let revocation = Revocation(reason: request.reason, only: request.only, now: now)
            let (revoked, names) = try revocation.apply(to: named, db)
            // Also where nothing was left to revoke, names or a key may have been blocked.
            for record in revoked.isEmpty ? [named] : revoked {
                var event = try events.revoked(
                    record, reason: request.reason, scope: request.only ? .certificate : .device, by: person, at: time)
                event.names = names.isEmpty ? nil : names
                event.remarks = request.only ? ["only this certificate"] : nil
                try OutboxTable.append(db, UnnumberedEventLine(event), at: now)
            }
            return RevokeCertificateReply(
                revoked: revoked.map(\.serial.hexadecimal), device: named.device.map(DeviceIdentifier.text) ?? "",
                blockedNames: names)
        }
        core.certificatesRevoked()
        core.outboxGrew()
        return reply
    }

    func releaseName(_ request: ReleaseNameRequest) async throws -> ReleaseNameReply {
        try await change(.released) { db, event in
            if let device = DeviceIdentifier.number(request.name), try DeviceTable.find(db, id: device) != nil {
                return try releaseDevice(device, &event, db)
            }
            guard let holding = try holding(request.name, db) else {
                throw ServiceError(
                    .notFound, "No device holds the name «\(request.name)», and no device has it for its identifier.")
            }
            try Release.name(holding, db)
            event.scope = .name
            event.names = [holding.name]
            event.device = DeviceIdentifier.text(holding.device)
            return ReleaseNameReply(
                name: holding.name, device: DeviceIdentifier.text(holding.device), wasBlocked: holding.isBlocked)
        }
    }

    /// Sets every name and key of a device free, and lifts its block.
    private func releaseDevice(
        _ device: Int64, _ event: inout AuditEvent, _ db: Database
    ) throws -> ReleaseNameReply {
        let wasBlocked = try DeviceTable.find(db, id: device)?.blockedAt != nil
        let names = try Release.device(device, db)
        event.scope = .device
        event.names = names.map(\.name)
        event.device = DeviceIdentifier.text(device)
        return ReleaseNameReply(
            name: names.map(\.name).joined(separator: " "), device: DeviceIdentifier.text(device),
            wasBlocked: wasBlocked)
    }

    func listDevices(_ request: ListDevicesRequest) async throws -> Page<DeviceDescription> {
        let cursor = try number(request.cursor)
        let now = core.seconds()
        return try core.ledger.read { db in
            var holder: Int64?
            if let name = request.name {
                guard let found = try holding(name, db)?.device else { return Page(items: [], nextCursor: nil) }
                holder = found
            }
            let devices = try DeviceTable.list(
                db, request, holder: holder, now: now, after: cursor, limit: Self.pageSize)
            return try page(
                of: try devices.map { device in
                    DeviceDescription(
                        id: DeviceIdentifier.text(device.id), subject: device.subject, label: device.label,
                        names: try NameTable.names(db, device: device.id).map(\.name),
                        certificates: try CertificateTable.live(db, device: device.id, at: now).count,
                        firstSeen: device.firstSeen, lastRenewed: device.lastRenewed, expires: device.expires,
                        blocked: device.blockedAt != nil)
                },
                cursor: { DeviceIdentifier.number($0.id).map(String.init) ?? "" })
        }
    }

    private func deviceNumber(_ text: String) throws -> Int64 {
        guard let number = DeviceIdentifier.number(text) else {
            throw ServiceError(.invalidArgument, "«\(text)» is not a device's identifier (16 hexadecimal digits).")
        }
        return number
    }

    static func cursor(_ position: CertificateSearch.Position) -> String {
        "\(position.authority):\(position.serial.hexadecimal)"
    }

    static func certificateCursor(_ text: String) throws -> CertificateSearch.Position {
        guard let colon = text.lastIndex(of: ":"), let serial = Self.serial(String(text[text.index(after: colon)...]))
        else {
            throw ServiceError(.invalidArgument, "The cursor is not one that an earlier page gave.")
        }
        return CertificateSearch.Position(authority: String(text[..<colon]), serial: serial)
    }

    /// The bytes of a serial number in hexadecimal; colons, spaces and case don't matter.
    private static func serial(_ text: String) -> Data? {
        let digits = text.filter { $0 != ":" && $0 != " " }
        guard !digits.isEmpty, digits.count <= 64, digits.allSatisfy(\.isHexDigit) else { return nil }
        var rest = Substring(digits.count % 2 == 0 ? digits : "0" + digits)
        var bytes = Data()
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    private func certificate(_ serial: String, _ db: Database) throws -> CertificateRecord {
        guard let bytes = Self.serial(serial) else {
            throw ServiceError(.invalidArgument, "«\(serial)» is not a serial number in hexadecimal.")
        }
        let found = try CertificateTable.find(db, authorities: core.authorities.keys.sorted(), serial: bytes)
        guard let record = found.first else {
            throw ServiceError(.notFound, "No certificate has the serial number «\(serial)».")
        }
        return record
    }

    /// The holding of a name that an operator wrote with or without its kind.
    private func holding(_ name: String, _ db: Database) throws -> NameHolding? {
        let kinds = CanonicalName.kinds
        for text in [name] + kinds.map({ "\($0):\(name)" }) + kinds.map({ "\($0):\(name.lowercased())" }) {
            if let holding = try NameTable.find(db, name: text) { return holding }
        }
        return nil
    }

    private func describe(_ record: CertificateRecord, withCertificate: Bool) throws -> CertificateDescription {
        let certificate = try Certificate(derEncoded: Array(record.der))
        return CertificateDescription(
            authority: record.authority, serial: record.serial.hexadecimal,
            device: record.device.map(DeviceIdentifier.text) ?? "", subject: certificate.subject.description,
            names: try certificate.extensions.subjectAlternativeNames?.map(\.description) ?? [], label: record.label,
            profile: record.profile, node: record.node, issuedAt: record.issuedAt / 1000,
            notBefore: record.notBefore, notAfter: record.notAfter,
            fingerprint: SHA256.hash(data: record.der).hexadecimal, revokedAt: record.revokedAt,
            revocationReason: record.revocationReason, certificate: withCertificate ? record.der : nil)
    }
}
