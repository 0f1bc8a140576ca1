internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import X509

extension SignerInitialization {
    /// The auditor's console on a network gets a TLS key and a certificate of the issuing authority.
    package struct Console {
        /// The auditor's folder.
        package var directory: String
        /// The names and addresses that browsers reach it by.
        package var hosts: [String]

        package init(directory: String, hosts: [String]) {
            self.directory = directory
            self.hosts = hosts
        }

        /// As long as all clients accept a server's certificate of a private authority; in seconds.
        private static let lifetime: Int64 = 825 * 86400
        private static let node = "auditor"

        /// Makes `console.key` and `console-chain.pem`, which has no root.
        func certificate(
            by authority: IssuingAuthority, at now: Date
        ) throws -> (record: CertificateRecord, facts: CertificateFacts) {
            try NodeRules.requireHosts(hosts)
            let key = P256.Signing.PrivateKey()
            let (serial, seconds) = (SerialNumberSource().next(at: now), Int64(now.timeIntervalSince1970))
            let subject = try DistinguishedName { CommonName(hosts[0]) }
            let contents = CertificateContents(
                serial: serial, publicKey: .init(key.publicKey), subject: subject, notBefore: seconds - 300,
                notAfter: min(seconds + Self.lifetime, authority.notAfter),
                extensions: [
                    try Certificate.Extension(KeyUsage(digitalSignature: true), critical: true),
                    try Certificate.Extension(ExtendedKeyUsage([.serverAuth]), critical: false),
                    try Certificate.Extension(
                        SubjectAlternativeNames(hosts.map(NodeCertificateIssuance.name)), critical: false),
                ])
            let der = try authority.issue(contents)
            let chain = try ([der] + authority.chain.dropLast(authority.chain.count > 1 ? 1 : 0)).map {
                try Certificate(derEncoded: Array($0)).serializeAsPEM().pemString + "\n"
            }
            try NewFile.write(key.pemRepresentation + "\n", path: "\(directory)/console.key", mode: 0o600)
            try NewFile.write(chain.joined(), path: "\(directory)/console-chain.pem", mode: 0o644)
            let facts = CertificateFacts(
                authority: authority.name, serial: serial, device: nil, der: der, subject: subject.description,
                names: hosts, notBefore: contents.notBefore, notAfter: contents.notAfter, remarks: [])
            let record = CertificateRecord(
                authority: authority.name, serial: serial, device: nil, der: der, label: "", profile: "node",
                node: Self.node, issuedAt: seconds * 1000, notBefore: contents.notBefore, notAfter: contents.notAfter)
            return (record, facts)
        }
    }
}
