internal import ArgumentParser
internal import Foundation
internal import LogVerification

/// `estuary backup`
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Back up signer and auditor while they run.",
        subcommands: [BackupCreateCommand.self, BackupCheckCommand.self],
        defaultSubcommand: BackupCreateCommand.self)
}

/// `estuary backup create`, which `estuary backup` is short for.
struct BackupCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Copy ledger, event log, keys and configuration into a new folder.",
        discussion: """
            Runs on the host of the role, as its user or as root, while signer and auditor go on. Each database is copied \
            as it is at one moment, and the ledger is compared with the log where that is on this host or given with \
            --log. The CA keys are in the backup unless --without-keys: keep it as you keep them. The root's folder never \
            is. `estuary restore` puts it back.
            """)

    @OptionGroup var log: LogOptions
    @OptionGroup var output: OutputOptions
    @Option(name: .customLong("output"), help: ArgumentHelp("The folder to make.", valueName: "folder"))
    var folder: String
    @Option(help: "Only this role: signer or auditor (default: both, where both are here).")
    var role: BackupRole?
    @Flag(help: "Leave every private key out.")
    var withoutKeys = false
    @Flag(help: "Make the backup also where log or ledger are not what they have to be.")
    var keepFindings = false

    func run() async throws {
        let state = try log.state.directory()
        let roles = try (role.map { [$0] } ?? BackupRole.allCases.filter { RoleFolder.isThere($0, in: state) })
            .map { try RoleFolder($0, in: state) }
        guard !roles.isEmpty else {
            throw Failure(
                "There is neither a signer nor an auditor in \(state.path).",
                hint: "Name the state directory with --state.")
        }
        let writer = BackupWriter(
            roles: roles, state: state, withoutKeys: withoutKeys, verify: verify, keepsFindings: keepFindings)
        let outcome = try await writer.write(to: folder)
        try BackupOutput(folder: folder, manifest: outcome.manifest, report: outcome.report, sha256: outcome.sha256)
            .print(json: output.json)
    }

    /// Compares with the log that was named, or with the copy of this host's, or with this host's own.
    private func verify(ledger: String?, copiedLog: String?) async throws -> VerificationReport? {
        let state = try log.state.directory()
        guard log.log != nil || copiedLog != nil || RoleFolder.isThere(.auditor, in: state) else { return nil }
        var options = VerificationOptions(key: try log.verifierKey().key)
        options.ledger = ledger
        if let copiedLog {
            do {
                return try StoreVerification.run(copiedLog, options)
            } catch let error as VerificationError {
                throw Failure(error.description)
            }
        }
        return try await log.verify(options)
    }
}

/// `estuary backup check`
struct BackupCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Verify that a backup is whole.",
        discussion: """
            Compares every file with the manifest, reads the databases through, and verifies the log and the ledger \
            against it where both are in the backup. Ends with 1 where anything is wrong.
            """)

    @OptionGroup var output: OutputOptions
    @Argument(help: ArgumentHelp("The backup.", valueName: "folder"))
    var folder: String
    @Option(
        help: ArgumentHelp(
            "The log's public key, or a file that holds it (default: the one in the backup).", valueName: "key"))
    var key: String?

    func run() async throws {
        let manifest = try BackupManifest.read(from: folder)
        let findings = try BackupCheck(folder: folder, manifest: manifest).run()
        guard findings.isEmpty else {
            throw Failure(
                "\(folder) is not as it was made: \(findings.prefix(20).joined(separator: " "))",
                hint: "Do not restore it; take another backup.")
        }
        let report = try verify(manifest)
        if let report, !report.isClean {
            let first = report.findings.kept.first.map { " The first: \($0.place): \($0.text)" } ?? ""
            throw Failure("The log in \(folder) is not what was signed (\(report.findings.count) findings).\(first)")
        }
        try BackupOutput(folder: folder, manifest: manifest, report: report, sha256: nil).print(json: output.json)
    }

    private func verify(_ manifest: BackupManifest) throws -> VerificationReport? {
        func database(_ role: BackupRole) -> String? {
            manifest.database(of: role).map { folder + "/" + $0 }
        }
        guard let log = database(.auditor) else { return nil }
        let own = folder + "/auditor/log.key.pub"
        guard let key = key ?? (FileManager.default.fileExists(atPath: own) ? own : nil) else { return nil }
        var options = VerificationOptions(key: try LogOptions.key(key))
        options.ledger = database(.signer)
        do {
            return try StoreVerification.run(log, options)
        } catch let error as VerificationError {
            throw Failure(error.description)
        }
    }
}
