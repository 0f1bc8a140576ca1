internal import ArgumentParser
internal import ClusterProtocol
internal import Foundation

/// `estuary ca`
struct CACommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "See, add, renew and roll over certification authorities.",
        discussion: """
            Works on the files of the signer's folder, on the signer's host, whether the signer runs or not; `estuary \
            reload` has it take up what has changed, without a restart. Commands that need a root's key are for the \
            moment in which its folder is there: docs/authorities.md has the procedures, and what to wait for between \
            their steps. What was interrupted is done by doing it again.
            """,
        groupedSubcommands: [
            CommandGroup(name: "See", subcommands: [CAShow.self]),
            CommandGroup(
                name: "Issuing authorities",
                subcommands: [CAAdd.self, CARenew.self, CARequest.self, CASign.self, CAImport.self]),
            CommandGroup(name: "The root", subcommands: [CARollRoot.self, CARetireRoot.self]),
        ])
}

/// One run of `estuary-signer authority`: no other program ever has the CA's keys.
struct AuthorityProgram {
    let state: StateDirectory?

    /// Runs a subcommand on the signer's folder.
    func run<Answer: Decodable>(_ arguments: [String]) async throws -> Answer {
        var arguments = ["authority"] + arguments
        if let state {
            arguments += ["--configuration", state.signer + "/configuration.yaml"]
            if FileManager.default.fileExists(atPath: state.trustAnchor) {
                arguments += ["--trust-anchor", state.trustAnchor]
            }
        }
        let program = try Programs.path("estuary-signer")
        let output = try await Subprocess.output(of: program, arguments)
        guard let answer = try? JSONDecoder().decode(Answer.self, from: output) else {
            throw Failure(
                "estuary-signer said something unexpected.",
                hint: "Are \(program) and this program of the same version?")
        }
        return answer
    }
}

/// Which root's key.
struct RootOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder with the root's encrypted key.", valueName: "dir"))
    var rootDirectory: String
    @Option(
        help: ArgumentHelp(
            "A file (mode 0600) whose first line decrypts it. Without it, DIR-passphrase beside the folder.",
            valueName: "file"))
    var rootPassphraseFile: String?

    var arguments: [String] {
        ["--root-directory", rootDirectory] + (rootPassphraseFile.map { ["--root-passphrase-file", $0] } ?? [])
    }
}

/// `--key-passphrase-file`, of a new authority.
struct AuthorityKeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Encrypt the new key: a file (mode 0600) with the passphrase in its first line, which the signer reads when it starts.",
            valueName: "file"))
    var keyPassphraseFile: String?

    var arguments: [String] { keyPassphraseFile.map { ["--key-passphrase-file", $0] } ?? [] }
}

extension OutputOptions {
    /// Prints what was written, and on standard error what comes next.
    func print(_ outcome: CeremonyOutcome) throws {
        guard !json else { return try Output.json(outcome) }
        for path in outcome.written { try Output.line("Written: \(path)") }
        for sentence in outcome.next { Output.remark(sentence) }
    }

    /// Prints PEM to a file or as it is.
    func print(_ document: CeremonyDocument) throws {
        try json ? Output.json(document) : Output.write(document.pem, to: STDOUT_FILENO)
    }
}
