internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import PKI

extension AdministrationDesk {
    func revokeNodeCertificates(
        _ request: RevokeNodeCertificatesRequest
    ) async throws -> RevokeNodeCertificatesReply {
        guard !request.node.isEmpty else { throw ServiceError(.invalidArgument, "The frontend's name is missing.") }
        let person = try CallContext.required().peer.name
        var search = CertificateSearch(limit: NodeRevocation.limit)
        search.order = .oldestFirst
        search.node = request.node
        search.since = Self.milliseconds(request.since)
        search.after = try request.cursor.map(Self.certificateCursor)
        let found = try core.ledger.read { [search] in try search.run($0) }
        core.revocationListHold.renew()
        let step = try await revoke(found.records, request, by: person)
        if !step.revoked.isEmpty { core.outboxGrew() }
        let stoppedAt = step.isComplete ? found.stoppedAt : step.done ?? search.after
        // Where not even the first was done with and the list begins there, it begins there again.
        let next = stoppedAt.map(Self.cursor) ?? (step.isComplete ? nil : Self.beginning)
        if next == nil {
            core.revocationListHold.release()
            core.certificatesRevoked()
        }
        return RevokeNodeCertificatesReply(
            page: Page(items: step.revoked.map(Self.describe), nextCursor: next),
            nodeIsAdmitted: registry.node(request.node) != nil)
    }

    /// A place before every certificate.
    private static let beginning = ":00"

    private func revoke(
        _ listed: [CertificateRecord], _ request: RevokeNodeCertificatesRequest, by person: String
    ) async throws -> NodeRevocation.Step {
        guard !listed.isEmpty else { return NodeRevocation.Step() }
        let now = core.seconds()
        let revocation = NodeRevocation(reason: request.reason, only: request.only, now: now)
        let events = core.events
        let time = core.now()
        return try await core.ledger.writer.perform(reserved: true) { db in
            let step = try revocation.apply(to: listed, db)
            for record in step.revoked {
                var event = try events.revoked(
                    record, reason: request.reason, scope: .certificate, by: person, at: time)
                event.remarks = ["revoked with what was asked for through \(request.node)"]
                try OutboxTable.append(db, UnnumberedEventLine(event), at: now)
            }
            return step
        }
    }

    private static func describe(_ record: CertificateRecord) -> RevokedCertificate {
        RevokedCertificate(
            authority: record.authority, serial: record.serial.hexadecimal,
            device: record.device.map(DeviceIdentifier.text) ?? "", label: record.label, node: record.node,
            issuedAt: record.issuedAt / 1000)
    }
}
