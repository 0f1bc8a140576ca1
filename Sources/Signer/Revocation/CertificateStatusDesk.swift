internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import PKI

/// Answers what OCSP clients ask: the signed status of one certificate (RFC 6960).
struct CertificateStatusDesk: Sendable {
    private let core: SignerCore
    private let revocationLists: RevocationListPublisher
    private let responders: DelegatedResponders

    init(core: SignerCore, revocationLists: RevocationListPublisher) {
        self.core = core
        self.revocationLists = revocationLists
        responders = DelegatedResponders(core: core)
    }

    /// - Throws: `notFound` for a certificate that this authority never issued.
    func status(_ request: CertificateStatusRequest) async throws -> CertificateStatusReply {
        guard let authority = core.authorities[request.authority], let hash = request.identifierHash.pkiHash,
            (1...20).contains(request.serial.count)
        else { throw Self.notIssued }
        // Before the ledger is read: the answer then knows at least what the CRL of this number knows.
        let number = revocationLists.list(of: authority.name)?.number ?? 0
        var responder = try await responders.responder(for: authority)
        if try core.ledger.read({ try find(responder.serial, of: authority, $0)?.revokedAt }) != nil {
            await responders.discard(serial: responder.serial, of: authority)
            responder = try await responders.responder(for: authority)
        }
        guard let record = try core.ledger.read({ try find(request.serial, of: authority, $0) }) else {
            throw Self.notIssued
        }
        let now = core.seconds()
        let response = OCSPResponse(
            issuer: authority.statusIssuer, identifierHash: hash, serial: Array(request.serial),
            status: record.revokedAt.map {
                .revoked(at: $0, reason: (record.revocationReason ?? .unspecified).code)
            } ?? .good,
            thisUpdate: now, nextUpdate: min(now + authority.services.statusLifetime, responder.notAfter))
        return CertificateStatusReply(
            response: try responder.respond(response), thisUpdate: response.thisUpdate,
            nextUpdate: response.nextUpdate, revocationListNumber: number)
    }

    private func find(_ serial: Data, of authority: IssuingAuthority, _ db: Database) throws -> CertificateRecord? {
        try CertificateTable.find(db, authority: authority.name, serial: serial)
    }

    private static let notIssued = ServiceError(.notFound, "The authority has issued no such certificate.")
}

extension CertificateStatusRequest.IdentifierHash {
    fileprivate var pkiHash: OCSPIdentifierHash? { OCSPIdentifierHash(rawValue: rawValue) }
}
