package import ClusterProtocol
package import Foundation
internal import SwiftASN1
internal import X509

extension AuthorityCeremonies {
    /// A certification request (PKCS#10) for an authority's key, which stays in the signer's folder: of one that is there,
    /// to be certified for longer, or of a new one, whose key is made now.
    package func request(
        _ name: String, organization: String?, passphraseFile: String?
    ) throws -> CeremonyDocument {
        if let files = configuration.authorities.first(where: { $0.name == name }) {
            let issuing = try AuthorityLoader.issuingCertificate(files)
            return try Self.request(
                for: try key(of: files), named: issuing.subject, keyIdentifier: try issuing.keyIdentifier)
        }
        try requireNew(name)
        let organization = try organization ?? chains().lazy.compactMap(\.issuing.subject.organization).first
        let subject = try AuthorityCeremony.subject(of: name, organization: organization)
        try requireSubject(subject, forNew: name)
        let key = try keyForNew(
            AuthorityEntry.files(named: name, passphraseFile: passphraseFile.map(Self.absolute), in: configuration))
        return try Self.request(
            for: key, named: subject, keyIdentifier: SubjectKeyIdentifier(hash: key.publicKey).keyIdentifier)
    }

    private static func request(
        for key: Certificate.PrivateKey, named subject: DistinguishedName, keyIdentifier: ArraySlice<UInt8>
    ) throws -> CeremonyDocument {
        let request = try CertificateSigningRequest(
            version: .v1, subject: subject, privateKey: key,
            attributes: .init([
                .init(
                    ExtensionRequest(
                        extensions: Certificate.Extensions {
                            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                            SubjectKeyIdentifier(keyIdentifier: keyIdentifier)
                        }))
            ]))
        return CeremonyDocument(pem: try request.serializeAsPEM().pemString + "\n")
    }

    /// Certifies the request of `estuary ca request` where the root's folder is; needs nothing of the cluster.
    ///
    /// - Returns: the certificate and the root, as `estuary ca import` takes them.
    package static func sign(
        requestPath: String, rootDirectory: String, rootPassphraseFile: String?, at now: Date = Date()
    ) throws -> CeremonyDocument {
        let root = try RootFolder(rootDirectory).open(passphraseFile: rootPassphraseFile, at: now)
        let request: CertificateSigningRequest
        do {
            request = try CertificateSigningRequest(pemEncoded: String(contentsOfFile: requestPath, encoding: .utf8))
        } catch {
            throw KeyStoreError("\(requestPath) is not a PEM file with one certification request: \(error)")
        }
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            throw KeyStoreError("the request in \(requestPath) is not signed by its own key.")
        }
        let requested = try request.attributes.extensionRequest?.extensions.subjectKeyIdentifier
        let issuing = try root.certify(
            request.publicKey, named: request.subject, keyIdentifier: requested, at: now)
        return CeremonyDocument(pem: try issuing.pemText + root.certificate.pemText)
    }

    /// Takes the certificate that a root of the operator's own has made for an authority's key.
    ///
    /// - Parameter chainPath: PEM: the certificate and everything above it, the root too, in any order.
    package func importChain(
        _ name: String, chainPath: String, passphraseFile: String?, at now: Date = Date()
    ) throws -> CeremonyOutcome {
        let present = configuration.authorities.first { $0.name == name }
        if present == nil { try requireNew(name) }
        let files =
            present
            ?? AuthorityEntry.files(named: name, passphraseFile: passphraseFile.map(Self.absolute), in: configuration)
        guard FileManager.default.fileExists(atPath: files.key) else {
            throw KeyStoreError("\(files.key) is not there: `estuary ca request \(name)` makes it.")
        }
        let key = try key(of: files)
        let certificates = try CertificateFile.load(path: chainPath)
        guard let issuing = certificates.first(where: { $0.publicKey == key.publicKey && !$0.isSelfSigned }) else {
            throw KeyStoreError(
                "no certificate in \(chainPath) is for the key \(files.key): have the request certified that "
                    + "`estuary ca request \(name)` prints.")
        }
        let parents = IssuerPath.parents(of: issuing, among: certificates)
        try Self.check(issuing, parents, path: chainPath, at: now)
        if present != nil {
            let current = try AuthorityLoader.issuingCertificate(files)
            guard issuing.subject == current.subject, try issuing.keyIdentifier == current.keyIdentifier else {
                throw KeyStoreError(
                    "the certificate has another subject or subjectKeyIdentifier than the one that is there: what the "
                        + "authority has issued would not verify under it. Have both left as the request has them.")
            }
        } else {
            try requireSubject(issuing.subject, forNew: name)
        }
        return try install(issuing, parents: parents, key: key, as: files, at: now)
    }

    /// What a client checks of a path (RFC 5280 §6.1), but for names and policies, which these certificates rarely have.
    private static func check(_ issuing: Certificate, _ parents: [Certificate], path: String, at now: Date) throws {
        guard let root = parents.last, root.isSelfSigned else {
            throw KeyStoreError(
                "\(path) does not lead from «\(issuing.subject)» to a root: it must have every certificate above it, up "
                    + "to the one that signed itself.")
        }
        for certificate in [issuing] + parents {
            guard certificate.notValidBefore <= now, now < certificate.notValidAfter else {
                throw KeyStoreError(
                    "«\(certificate.subject)» is valid from \(certificate.notValidBefore) to \(certificate.notValidAfter), "
                        + "not now.")
            }
            guard certificate == root || certificate.signatureAlgorithm != .sha1WithRSAEncryption else {
                throw KeyStoreError("«\(certificate.subject)» is signed with SHA-1, which clients refuse.")
            }
        }
        for (below, parent) in parents.enumerated() {
            guard try parent.isAuthority else {
                throw KeyStoreError("«\(parent.subject)» is not a CA certificate (basicConstraints, keyCertSign).")
            }
            if case .isCertificateAuthority(let length?) = try parent.extensions.basicConstraints, length <= below {
                throw KeyStoreError(
                    "«\(parent.subject)» allows \(length) CA certificates below it (pathLenConstraint); there are "
                        + "\(below + 1).")
            }
        }
    }
}
