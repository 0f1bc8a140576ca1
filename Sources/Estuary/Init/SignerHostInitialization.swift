internal import ClusterTransport
internal import Foundation
internal import NodeSetup

/// Makes a signer on a host of its own: CA, keys, ledger, configuration, and the card that the auditor's host needs.
struct SignerHostInitialization {
    let state: StateDirectory
    var signerProgram: String
    var rootDirectory: String
    var place: InPlaceInitialization.Place
    var auditor: AuditorCard
    /// The names of the frontends' certificates in the invitation.
    var hosts = ["localhost", "127.0.0.1", "::1"]
    var invitation: InPlaceInitialization.InvitationPlan?
    var organization: String?
    var rootPassphraseFile: String?

    var folders: FoldersInPlace {
        FoldersInPlace(
            folders: [.init(path: state.signer), .init(path: rootDirectory)],
            files: [
                state.file("trust-anchor.pem"), state.file("enrollment-secret"), state.file("cluster.yaml"),
            ] + (rootPassphraseFile == nil ? [rootDirectory + "-passphrase"] : [])
                + (invitation.map { [$0.path] } ?? []),
            marker: state.signerCard, essentials: [state.signer + "/configuration.yaml"],
            traces: [state.signer + "/ledger.sqlite.lock"])
    }

    func run() async throws {
        if let invitation { try InPlaceInitialization.makeFolder(of: invitation.path) }
        try await folders.fill { try await make() }
    }

    /// - Returns: the text of the card.
    private func make() async throws -> String {
        let key = try Initialization.makeKey(in: state.signer)
        let invitationKey = try CurveKeyPair.generate()
        var ceremony = SignerCeremony(
            program: signerProgram, directory: state.signer, rootDirectory: rootDirectory,
            trustAnchor: state.file("trust-anchor.pem"), enrollmentSecret: state.file("enrollment-secret"),
            endpoint: place.endpoint, auditorEndpoint: auditor.address, auditorKey: auditor.key,
            logKey: auditor.logKey)
        ceremony.organization = organization
        ceremony.rootPassphraseFile = rootPassphraseFile
        ceremony.invitation = invitation.map {
            .init(publicKey: invitationKey.publicKey.z85, uses: $0.uses, lifetime: $0.lifetime, hosts: hosts)
        }
        let outcome = try await ceremony.perform()
        let facts = ClusterFacts(
            signerEndpoint: place.address, signerKey: key.z85, catalogueKey: outcome.catalogueKey,
            auditorEndpoint: auditor.address, auditorKey: auditor.key)
        if let invitation, let id = outcome.invitation {
            try NodeInvitation(id: id, key: invitationKey, facts: facts).write(to: invitation.path)
        }
        try PublicFile.write(facts.fileText, to: state.file("cluster.yaml"))
        return SignerCard(
            address: place.address, key: key.z85, catalogueKey: outcome.catalogueKey,
            witnessKey: try text(of: state.witnessKey + ".pub"),
            trustAnchor: try text(of: state.file("trust-anchor.pem")),
            issuingCertificate: try text(of: state.signer + "/authorities/devices/certificate.pem")
        ).text
    }

    private func text(of path: String) throws -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        } catch {
            throw Failure("\(path) can't be read: \(error.localizedDescription)")
        }
    }
}
