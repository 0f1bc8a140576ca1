internal import Foundation

/// One run of `estuary-signer init`, which makes the signer's files: no other program ever has the CA's keys.
struct SignerCeremony {
    /// What it prints.
    struct Facts: Decodable, Equatable {
        /// Ed25519, base64.
        let catalogueKey: String
        /// CURVE, Z85.
        let signerKey: String
        /// The first invitation's identifier, where there is one.
        let invitation: String?
    }

    struct Invitation {
        /// CURVE, Z85.
        var publicKey: String
        var uses: Int
        /// In seconds.
        var lifetime: Int64
        var hosts: [String]
    }

    /// The `estuary-signer` program.
    let program: String
    var directory: String
    var rootDirectory: String
    var trustAnchor: String
    var enrollmentSecret: String
    var endpoint: String
    var auditorEndpoint: String
    var auditorKey: String
    /// The public key of the auditor's log, `name+hash+base64`.
    var logKey: String
    var nodes: [(name: String, key: String)] = []
    /// The names of the nodes' certificates.
    var hosts: [String] = []
    var organization: String?
    var invitation: Invitation?
    /// The auditor's folder, where a TLS key and certificate for its console go; and the console's names.
    var console: (directory: String, hosts: [String])?
    var rootPassphraseOutput: String?
    var rootPassphraseFile: String?

    func perform() async throws -> Facts {
        let output = try await Subprocess.output(of: program, arguments)
        guard let facts = try? JSONDecoder().decode(Facts.self, from: output) else {
            throw Failure(
                "estuary-signer init said something unexpected.",
                hint: "Are \(program) and this program of the same version?")
        }
        return facts
    }

    private var arguments: [String] {
        // Values that may begin with a hyphen go after «=».
        var arguments = [
            "init", "--directory", directory, "--root-directory", rootDirectory, "--trust-anchor", trustAnchor,
            "--enrollment-secret", enrollmentSecret, "--endpoint", endpoint, "--auditor-endpoint", auditorEndpoint,
            "--auditor-key=" + auditorKey, "--log-key=\(logKey)",
        ]
        for node in nodes {
            arguments.append(
                "--node=name=\(node.name),role=frontend,key=\(node.key),hosts=\(hosts.joined(separator: "+"))")
        }
        if let organization { arguments.append("--organization=" + organization) }
        if let invitation {
            arguments.append(
                "--invitation=key=\(invitation.publicKey),uses=\(invitation.uses),lifetime=\(invitation.lifetime),"
                    + "hosts=\(invitation.hosts.joined(separator: "+"))")
        }
        if let console {
            arguments += [
                "--console-directory", console.directory, "--console-hosts=" + console.hosts.joined(separator: "+"),
            ]
        }
        if let rootPassphraseOutput { arguments += ["--root-passphrase-output", rootPassphraseOutput] }
        if let rootPassphraseFile { arguments += ["--root-passphrase-file", rootPassphraseFile] }
        return arguments
    }
}
