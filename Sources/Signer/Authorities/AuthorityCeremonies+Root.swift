package import ClusterProtocol
package import Foundation
internal import SwiftASN1
internal import X509

extension AuthorityCeremonies {
    /// Begins the roll-over of a root (RFC 4210 §4.4): makes the new root, has the two certify each other, and puts all
    /// four certificates into `cacerts` of every authority under the old one.
    ///
    /// The authorities stay under the old root until ``renew(_:rootDirectory:rootPassphraseFile:at:)`` puts each under the
    /// new one. A root that is in the new folder already is the one that an interrupted ceremony has made.
    package func rollRoot(
        rootDirectory: String, rootPassphraseFile: String?, newRootDirectory: String, newRootPassphraseFile: String?,
        at now: Date = Date()
    ) throws -> CeremonyOutcome {
        let old = try RootFolder(rootDirectory).open(passphraseFile: rootPassphraseFile, at: now)
        let folder = RootFolder(newRootDirectory)
        let chains = try chains().filter { chain in
            chain.root == old.certificate || chain.additional.contains(old.certificate)
        }
        guard !chains.isEmpty else {
            throw KeyStoreError("no authority of \(configuration.file) is under the root in \(rootDirectory).")
        }
        let known =
            [old.certificate] + (folder.isComplete ? try CertificateFile.load(path: folder.certificatePath) : [])
        for chain in chains {
            try requireNoOther(chain, than: known)
        }
        var outcome = CeremonyOutcome(authorities: chains.map(\.files.name), written: [], next: [])
        let new = try newRoot(
            in: folder, named: old.certificate.subject, passphraseFile: newRootPassphraseFile, at: now, &outcome)
        guard new.certificate.publicKey != old.certificate.publicKey else {
            throw KeyStoreError("\(rootDirectory) and \(newRootDirectory) hold the same root.")
        }
        let pair = RootPair(old: old.certificate, new: new.certificate)
        let four = [
            try old.crossCertify(
                new.certificate, from: new.certificate.notValidBefore,
                until: min(old.certificate.notValidAfter, new.certificate.notValidAfter), at: now),
            try new.crossCertify(
                old.certificate, from: old.certificate.notValidBefore, until: old.certificate.notValidAfter, at: now),
            new.certificate, old.certificate,
        ]
        let contents = try chains.map { chain in
            let others = chain.additional.filter { !pair.concerns($0) }
            _ = try RollOverCertificates(
                four + others, chain: [chain.issuing] + chain.parents, authority: chain.files.name, at: now)
            return (chain.files.additional, four + others)
        }
        for (path, certificates) in contents {
            try write(certificates, to: path, &outcome)
        }
        if let trustAnchor, try trustAnchor.add(new.certificate) { outcome.written.append(trustAnchor.path) }
        outcome.next += [
            "Have the signer take it up: estuary reload",
            "Keep \(folder.path) and its passphrase as safe as the old root's.",
            "Give devices the new root: they find all four certificates in `cacerts`.",
            "Then put each authority under it: estuary ca renew NAME --root-directory \(folder.path), and reload.",
        ]
        return outcome
    }

    /// Ends a roll-over: only the new root is left in `cacerts` and among what devices are given.
    package func retireRoot(at now: Date = Date()) throws -> CeremonyOutcome {
        let rolling = try chains().filter { $0.roots != nil }
        guard !rolling.isEmpty else {
            throw KeyStoreError("no roll-over is going on: no authority has two roots in its `cacerts`.")
        }
        let retired = rolling.compactMap(\.roots?.old)
        for chain in try chains() where retired.contains(chain.root) {
            throw KeyStoreError(
                "authority «\(chain.files.name)» is still under the old root (serial \(chain.root.serialText)): put it "
                    + "under the new one with `estuary ca renew \(chain.files.name) --root-directory NEW`, or take it out "
                    + "of \(configuration.file) once nothing that it has issued is in use.")
        }
        var outcome = CeremonyOutcome(authorities: rolling.map(\.files.name), written: [], next: [])
        // First what devices are given: a device that is set up now must not be given a root that goes.
        if let trustAnchor, try trustAnchor.remove(retired) { outcome.written.append(trustAnchor.path) }
        for chain in rolling {
            guard let pair = chain.roots else { continue }
            let rest = chain.additional.filter { !pair.concerns($0) }
            if rest.isEmpty {
                try CeremonyFile.remove(chain.files.additional)
            } else {
                try write(rest, to: chain.files.additional, &outcome)
            }
        }
        outcome.next = [
            "Have the signer take it up: estuary reload",
            "Destroy the old root's key once no certificate by it is needed any more.",
        ]
        return outcome
    }

    private func newRoot(
        in folder: RootFolder, named name: DistinguishedName, passphraseFile: String?, at now: Date,
        _ outcome: inout CeremonyOutcome
    ) throws -> RootAuthority {
        if folder.isComplete {
            folder.finish()
            let root = try folder.open(passphraseFile: passphraseFile, at: now)
            guard root.certificate.subject == name else {
                throw KeyStoreError(
                    "the root in \(folder.path) is «\(root.certificate.subject)», not «\(name)»: a roll-over changes the "
                        + "key and keeps the name (RFC 4210 §4.4). Name an empty folder.")
            }
            return root
        }
        let root = try RootAuthority(newKeyNamed: name, at: now)
        let passphrase = try passphraseFile.map(PrivateKeyFile.passphrase(path:))
        try folder.create(root, passphrase: passphrase)
        outcome.written += [folder.keyPath, folder.certificatePath]
        if passphrase == nil { outcome.written.append(folder.passphrasePath) }
        return root
    }

    private func requireNoOther(_ chain: Chain, than known: [Certificate]) throws {
        let roots = ([chain.root] + chain.additional).filter(\.isSelfSigned)
        guard roots.allSatisfy(known.contains) else {
            throw KeyStoreError(
                "authority «\(chain.files.name)» has another root in its roll-over: end that one first with "
                    + "`estuary ca retire-root`, or name the folder of the root that it goes to.")
        }
    }
}

extension RootPair {
    /// Whether a certificate is for the key of one of the two.
    func concerns(_ certificate: Certificate) -> Bool {
        certificate.publicKey == old.publicKey || certificate.publicKey == new.publicKey
    }
}
