package import ClusterProtocol
internal import Crypto
package import Foundation
internal import SwiftASN1
internal import X509

extension AuthorityCeremonies {
    /// Makes an issuing authority under a root of this cluster: its key in the signer's folder, its certificate, its
    /// entry in the configuration.
    ///
    /// - Parameters:
    ///   - rootPassphraseFile: nil for the file beside the root's folder.
    ///   - passphraseFile: encrypts the new key; nil leaves it plain, as the one of `estuary init` is.
    package func add(
        _ name: String, rootDirectory: String, rootPassphraseFile: String?, passphraseFile: String?,
        at now: Date = Date()
    ) throws -> CeremonyOutcome {
        try requireNew(name)
        let root = try RootFolder(rootDirectory).open(passphraseFile: rootPassphraseFile, at: now)
        let subject = try AuthorityCeremony.subject(
            of: name, organization: root.certificate.subject.organization)
        let files = AuthorityEntry.files(
            named: name, passphraseFile: passphraseFile.map(Self.absolute), in: configuration)
        try requireSubject(subject, forNew: name)
        let key = try keyForNew(files)
        let issuing = try root.certify(key.publicKey, named: subject, at: now)
        return try install(issuing, parents: [root.certificate], key: key, as: files, at: now)
    }

    /// Certifies an authority's key anew, for longer or under the other root of a roll-over.
    package func renew(
        _ name: String, rootDirectory: String, rootPassphraseFile: String?, at now: Date = Date()
    ) throws -> CeremonyOutcome {
        let chain = try Chain(try files(name))
        let root = try RootFolder(rootDirectory).open(passphraseFile: rootPassphraseFile, at: now)
        let movesOver = chain.root != root.certificate
        guard !movesOver || chain.additional.contains(root.certificate) else {
            throw KeyStoreError(
                "authority «\(name)» ends in another root, «\(chain.root.subject)» (serial "
                    + "\(chain.root.serialText)), and no roll-over to this one is going on: `estuary ca roll-root` "
                    + "begins one. A certificate by a root of your own comes by `estuary ca request` and `import`.")
        }
        let issuing = try root.certify(
            chain.issuing.publicKey, named: chain.issuing.subject,
            keyIdentifier: SubjectKeyIdentifier(keyIdentifier: try chain.issuing.keyIdentifier), at: now)
        guard movesOver || issuing.notValidAfter > chain.issuing.notValidAfter else {
            throw KeyStoreError(
                "the new certificate would end no later than the one that is there, \(chain.issuing.notValidAfter): the "
                    + "root ends on \(root.certificate.notValidAfter). Roll over to a new root: `estuary ca roll-root`."
            )
        }
        return try install(
            issuing, parents: [root.certificate], key: try key(of: chain.files), as: chain.files, at: now)
    }

    /// Puts a certificate and its chain in place. At every moment the files that are there fit together.
    func install(
        _ issuing: Certificate, parents: [Certificate], key: Certificate.PrivateKey,
        as files: SignerConfiguration.AuthorityFiles, at now: Date
    ) throws -> CeremonyOutcome {
        // What the signer would refuse is refused before anything is written.
        let additional = try rollOver(of: parents.last ?? issuing, for: files)
        let authority = try IssuingAuthority(
            name: files.name, certificate: issuing, parents: parents, key: key, services: files.services,
            rollOver: RollOverCertificates(additional, chain: [issuing] + parents, authority: files.name, at: now))
        var outcome = CeremonyOutcome(authorities: [authority.name], written: [], next: [])
        let isThere = FileManager.default.fileExists(atPath: files.chain)
        let present = isThere ? try CertificateFile.load(path: files.chain) : []
        if present != parents {
            try write(present.filter { !parents.contains($0) } + parents, to: files.chain, &outcome)
        }
        try write([issuing], to: files.certificate, &outcome)
        if try CertificateFile.load(path: files.chain) != parents {
            try write(parents, to: files.chain, &outcome)
        }
        if !additional.isEmpty, try additional != AuthorityLoader.additional(files) {
            try write(additional, to: files.additional, &outcome)
        }
        _ = try AuthorityLoader.load(files, at: now)
        try configure(files, &outcome)
        try trust(parents.last ?? issuing, &outcome)
        return outcome
    }

    /// What a new authority has beside its chain, where its root rolls over.
    private func rollOver(
        of root: Certificate, for files: SignerConfiguration.AuthorityFiles
    ) throws -> [Certificate] {
        let own = try AuthorityLoader.additional(files)
        guard own.isEmpty else { return own }
        let others = try chains().filter { $0.root == root || $0.additional.contains(root) }
        return others.first { $0.roots != nil }?.additional ?? []
    }

    private func configure(
        _ files: SignerConfiguration.AuthorityFiles, _ outcome: inout CeremonyOutcome
    ) throws {
        outcome.next.append("Have the signer take it up: estuary reload")
        guard !configuration.authorities.contains(where: { $0.name == files.name }) else { return }
        let entry = AuthorityEntry(name: files.name, passphraseFile: files.passphraseFile)
        let text = try String(contentsOfFile: configuration.file, encoding: .utf8)
        if let edited = entry.added(to: text, of: configuration) {
            try CeremonyFile.replace(
                configuration.file, with: edited, mode: CeremonyFile.mode(of: configuration.file, default: 0o600))
            outcome.written.append(configuration.file)
        } else {
            outcome.next.insert(
                "Add to `authorities` in \(configuration.file), which could not be edited for certain: "
                    + entry.lines(indentation: "").joined(separator: " / "), at: 0)
        }
        outcome.next.append(
            "Then name it as the `authority` of a label in policy.yaml, with the one before among the label's "
                + "`predecessors`, and reload again.")
    }

    private func trust(_ root: Certificate, _ outcome: inout CeremonyOutcome) throws {
        guard let trustAnchor else {
            outcome.next.append("Devices must trust the root «\(root.subject)» (serial \(root.serialText)).")
            return
        }
        guard try trustAnchor.add(root) else { return }
        outcome.written.append(trustAnchor.path)
        outcome.next.append(
            "\(trustAnchor.path) has one more root, «\(root.subject)»: give it to the devices before a label issues "
                + "with the authority.")
    }

    func write(_ certificates: [Certificate], to path: String, _ outcome: inout CeremonyOutcome) throws {
        try CeremonyFile.replace(path, with: try certificates.map { try $0.pemText }.joined(), mode: 0o644)
        if !outcome.written.contains(path) { outcome.written.append(path) }
    }
}

extension DistinguishedName {
    /// The first organization name.
    var organization: String? {
        for part in self {
            for attribute in part where attribute.type == .RDNAttributeType.organizationName {
                return String(attribute.value)
            }
        }
        return nil
    }
}
