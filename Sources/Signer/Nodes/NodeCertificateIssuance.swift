internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import X509

/// Issues a frontend's own TLS certificate: serverAuth and id-kp-cmcRA (RFC 7030 §3.6.1), for its registered hosts.
struct NodeCertificateIssuance {
    /// id-kp-cmcRA (RFC 6402 §2.10).
    private static let cmcRA: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 3, 28]
    /// The frontend's own certificate is of the authority of the first label.
    var core: SignerCore
    var node: NodeDescription

    func issue(_ request: NodeCertificateRequest) async throws -> NodeCertificateReply {
        guard !node.hosts.isEmpty else {
            throw ServiceError(
                .profileViolation, "The node has no host names. Add it anew with --hosts.")
        }
        guard let authority = core.policy.labels.first.flatMap({ core.authorities[$0.authority] }) else {
            throw ServiceError(.unexpected, "There is no authority.")
        }
        let parsed: CertificationRequest
        do {
            parsed = try CertificationRequest(derEncoded: Array(request.certificationRequest))
        } catch let error as CertificationRequestError {
            throw ServiceError(.malformedRequest, error.message, cause: error)
        }
        guard let publicKey = parsed.publicKey else {
            throw ServiceError(.profileViolation, "The key is of a kind that is not supported.")
        }
        let time = core.now()
        let now = Int64(time.timeIntervalSince1970)
        let serial = core.serials.next(at: time)
        let subject = try DistinguishedName { CommonName(node.name) }
        let contents = CertificateContents(
            serial: serial, publicKey: publicKey, subject: subject, notBefore: now - 300,
            notAfter: min(now + core.limits.nodeCertificateLifetime, authority.notAfter),
            extensions: [
                try Certificate.Extension(KeyUsage(digitalSignature: true), critical: true),
                try Certificate.Extension(
                    ExtendedKeyUsage([.serverAuth, .init(oid: Self.cmcRA)]), critical: false),
                try Certificate.Extension(SubjectAlternativeNames(node.hosts.map(Self.name)), critical: false),
            ])
        let der = try authority.issue(contents)
        var event = core.events.event(.nodeCertificateIssued, at: time)
        event.decision = .allowed
        event.node = node.name
        event.authentication = .node
        core.events.fill(
            &event,
            CertificateFacts(
                authority: authority.name, serial: serial, device: nil, der: der, subject: subject.description,
                names: node.hosts, notBefore: contents.notBefore, notAfter: contents.notAfter, remarks: []))
        let line = try UnnumberedEventLine(event)
        let record = CertificateRecord(
            authority: authority.name, serial: serial, device: nil, der: der, label: "", profile: "node",
            node: node.name, issuedAt: Int64(time.timeIntervalSince1970 * 1000), notBefore: contents.notBefore,
            notAfter: contents.notAfter)
        try await core.ledger.writer.perform(counts: LedgerCounts(certificates: 1)) { db in
            try CertificateTable.insert(db, record)
            try OutboxTable.append(db, line, at: now)
        }
        core.outboxGrew()
        return NodeCertificateReply(chain: [der] + authority.description.serverChain)
    }

    static func name(_ host: String) -> GeneralName {
        if let address = IPAddressBytes.parse(host) {
            return .ipAddress(ASN1OctetString(contentBytes: address[...]))
        }
        return .dnsName(host)
    }
}

/// The bytes of an IPv4 or IPv6 address.
enum IPAddressBytes {
    static func parse(_ text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            return withUnsafeBytes(of: &four) { Array($0) }
        }
        var six = in6_addr()
        if inet_pton(AF_INET6, text, &six) == 1 {
            return withUnsafeBytes(of: &six) { Array($0) }
        }
        return nil
    }
}
