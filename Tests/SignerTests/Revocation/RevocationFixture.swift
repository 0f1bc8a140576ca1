internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TestOpenSSL
internal import Testing
internal import X509

@testable internal import Signer

/// A signer with what issues CRLs and answers OCSP, and the real `openssl` to judge them.
struct RevocationFixture: Sendable {
    let signer: SignerFixture
    let core: SignerCore
    let lists: RevocationListPublisher
    let statuses: CertificateStatusDesk

    init(_ signer: SignerFixture, core: SignerCore? = nil) async throws {
        self.signer = signer
        self.core = core ?? signer.core
        lists = RevocationListPublisher(core: self.core)
        statuses = CertificateStatusDesk(core: self.core, revocationLists: lists)
        try await lists.issueAll()
    }

    init(services: RevocationServices = .init()) async throws {
        try await self.init(SignerFixture(services: services))
    }

    var list: IssuedRevocationList {
        get throws { try #require(lists.list(of: "devices")) }
    }

    /// Enrolls a device under a name of its own.
    func device(_ name: String) async throws -> Certificate {
        try await signer.enroll(Device(name), secret: try await signer.secret().secret)
    }

    /// A frontend's own TLS certificate.
    func nodeCertificate() async throws -> Certificate {
        let issuance = NodeCertificateIssuance(
            core: core,
            node: NodeDescription(
                name: "frontend-9", role: .frontend, publicKeys: [], labels: nil, hosts: ["est.example.net"],
                addedAt: 0))
        let reply = try await issuance.issue(
            NodeCertificateRequest(certificationRequest: try Device("frontend-9").certificationRequest()))
        return try Certificate(derEncoded: Array(reply.chain[0]))
    }

    @discardableResult
    func revoke(
        _ certificate: Certificate, reason: RevocationReason = .keyCompromise, only: Bool = false
    ) async throws -> RevokeCertificateReply {
        let serial = certificate.serial.hexadecimal
        return try await signer.asOperator {
            try await $0.revokeCertificate(RevokeCertificateRequest(serial: serial, reason: reason, only: only))
        }
    }

    func ask(
        _ serial: Data, _ hash: CertificateStatusRequest.IdentifierHash = .sha1
    ) async throws -> CertificateStatusReply {
        try await statuses.status(
            CertificateStatusRequest(authority: "devices", serial: serial, identifierHash: hash))
    }

    // MARK: openssl

    private func files(_ certificate: Certificate?) throws -> [String: [UInt8]] {
        var files = [
            "ca": OpenSSLRun.pem(signer.authority.chain[0]),
            "chain": signer.authority.chain.flatMap { OpenSSLRun.pem($0) },
        ]
        if let certificate { files["leaf"] = OpenSSLRun.pem(try certificate.derEncoded()) }
        return files
    }

    /// What `openssl crl` says of the newest CRL, its signature included.
    func listText() async throws -> String {
        try await OpenSSLRun.text(
            ["crl", "-inform", "DER", "-in", "crl", "-noout", "-text", "-CAfile", "chain"],
            files: try files(nil).merging(["crl": try list.bytes]) { $1 })
    }

    /// What `openssl verify -crl_check` says of a certificate and the newest CRL.
    func verify(_ certificate: Certificate) async throws -> String {
        try await OpenSSLRun.run(
            ["verify", "-x509_strict", "-crl_check", "-CRLfile", "crl", "-CAfile", "chain", "leaf"],
            files: try files(certificate).merging(["crl": OpenSSLRun.pem(try list.bytes, "X509 CRL")]) { $1 }
        ).text
    }

    /// What `openssl ocsp` says of a response about a certificate, as a device would check it.
    func check(
        _ reply: CertificateStatusReply, of certificate: Certificate,
        _ hash: CertificateStatusRequest.IdentifierHash = .sha1, at time: Date? = nil
    ) async throws -> String {
        let time = time.map { ["-attime", "\(Int($0.timeIntervalSince1970))"] } ?? []
        return try await OpenSSLRun.text(
            ["ocsp", "-respin", "response", "-issuer", "ca", "-CAfile", "chain"] + time
                + (hash == .sha256 ? ["-sha256"] : []) + ["-cert", "leaf"],
            files: try files(certificate).merging(["response": Array(reply.response)]) { $1 })
    }

    /// The certificate that came with a response.
    func responder(of reply: CertificateStatusReply) async throws -> (certificate: Certificate, text: String) {
        let pem = try await OpenSSLRun.text(
            ["ocsp", "-respin", "response", "-noverify", "-resp_text"], files: ["response": Array(reply.response)])
        let start = try #require(pem.range(of: "-----BEGIN CERTIFICATE-----"))
        let end = try #require(pem.range(of: "-----END CERTIFICATE-----"))
        let certificate = try Certificate(pemEncoded: String(pem[start.lowerBound..<end.upperBound]) + "\n")
        let text = try await OpenSSLRun.text(
            ["x509", "-in", "c", "-noout", "-text"], files: ["c": OpenSSLRun.pem(try certificate.derEncoded())])
        return (certificate, text)
    }
}

extension Certificate {
    /// As the ledger has it.
    var serial: Data { Data(serialNumber.bytes) }
}
