package import ClusterProtocol
package import Foundation
internal import ProcessLife
internal import SwiftASN1
internal import X509

/// What the operator does with a signer's authorities while the signer runs or not: `estuary ca`.
///
/// Works on the files of the signer's folder alone. The signer takes them up with `estuary reload`, or when it starts.
/// Whatever was interrupted is done by doing it again.
package struct AuthorityCeremonies {
    let configuration: SignerConfiguration
    /// What devices are given; nil where it is on another machine.
    let trustAnchor: TrustAnchorFile?
    /// One ceremony at a time.
    private let lock: ExclusiveLock?

    /// - Parameters:
    ///   - configurationPath: the signer's configuration file.
    ///   - writes: whether files will be written, which one ceremony does at a time.
    package init(configurationPath: String, trustAnchor: String?, writes: Bool) throws {
        configuration = try SignerConfiguration.load(path: configurationPath)
        self.trustAnchor = trustAnchor.map(TrustAnchorFile.init(path:))
        let lockPath = configuration.file + ".lock"
        lock = writes ? try ExclusiveLock(path: lockPath) : nil
        if writes { try CeremonyFile.giveToOwner(lockPath) }
    }

    func files(_ name: String) throws -> SignerConfiguration.AuthorityFiles {
        guard let files = configuration.authorities.first(where: { $0.name == name }) else {
            let names = configuration.authorities.map(\.name).joined(separator: ", ")
            throw KeyStoreError("there is no authority «\(name)» in \(configuration.file); there are: \(names).")
        }
        return files
    }

    /// An authority's certificates as the files have them, without its key.
    struct Chain {
        let files: SignerConfiguration.AuthorityFiles
        let issuing: Certificate
        let parents: [Certificate]
        let additional: [Certificate]

        init(_ files: SignerConfiguration.AuthorityFiles) throws {
            self.files = files
            issuing = try AuthorityLoader.issuingCertificate(files)
            parents = try AuthorityLoader.parents(of: issuing, in: files)
            additional = try AuthorityLoader.additional(files)
        }

        var root: Certificate { parents.last ?? issuing }
        /// The two roots of a roll-over that is going on.
        var roots: RootPair? { RootPair(among: [root] + additional) }
    }

    func chains() throws -> [Chain] {
        try configuration.authorities.map(Chain.init)
    }
}

extension AuthorityCeremonies {
    /// What there is, in the order of the configuration.
    package func show(at now: Date = Date()) -> [AuthorityFacts] {
        var problem: String?
        var labels: [LabelDescription] = []
        do {
            let names = Set(configuration.authorities.map(\.name))
            labels = try PolicyFile(path: configuration.policy, authorities: names).load().labels
        } catch {
            problem = "\(error)"
        }
        return configuration.authorities.map { files in
            var facts = AuthorityFacts(
                name: files.name, labels: labels.filter { $0.authority == files.name }.map(\.name),
                predecessorOf: labels.filter { $0.predecessors.contains(files.name) }.map(\.name), key: files.key,
                keyIsEncrypted: files.passphraseFile != nil, caCertificates: [], problem: problem)
            do {
                facts.caCertificates = try Self.describe(try Chain(files), at: now)
            } catch {
                facts.problem = "\(error)"
            }
            return facts
        }
    }

    private static func describe(_ chain: Chain, at now: Date) throws -> [AuthorityFacts.Certificate] {
        let path = [chain.issuing] + chain.parents
        let rollOver = try RollOverCertificates(chain.additional, chain: path, authority: chain.files.name, at: now)
        let description = AuthorityDescription(
            name: chain.files.name, chain: try path.map { Data(try $0.derEncoded()) },
            crossCertificates: rollOver.crossCertificates, additionalCertificates: rollOver.additionalCertificates)
        return try description.caCertificates.map { der in
            let certificate = try Certificate(derEncoded: Array(der))
            let role =
                certificate == chain.issuing
                ? "issuing"
                : chain.roots?.name(of: certificate) ?? (certificate.isSelfSigned ? "root" : "intermediate")
            return try AuthorityFacts.Certificate(role: role, certificate)
        }
    }
}
