internal import ArgumentParser
internal import Foundation

/// `estuary restore`
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup back.",
        discussion: """
            Nothing is overwritten: a role's folder must not be there, or be empty. A restored signer asks the auditor at its \
            start what happened since the backup, and signs nothing before it has taken that over. Be sure that the signer \
            whose place it takes is gone for good: two signers with one ledger contradict each other.
            """)

    @Argument(help: ArgumentHelp("The backup: a folder that `estuary backup` made.", valueName: "folder"))
    var folder: String
    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only this role: signer or auditor (default: what the backup has).")
    var role: BackupRole?

    private struct Object: Encodable {
        var roles: [String]
        var state: String
        var backupMadeAt: Int64
        var ledger: BackupManifest.Ledger?
        var log: BackupManifest.Log?
        var missing: [String]
    }

    func run() async throws {
        let directory = try state.directory()
        let manifest = try BackupManifest.read(from: folder)
        let roles = role.map { [$0] } ?? manifest.roles
        guard !roles.isEmpty, roles.allSatisfy(manifest.roles.contains) else {
            throw Failure("\(folder) has no backup of the \(role?.rawValue ?? "signer or the auditor").")
        }
        let findings = try BackupCheck(folder: folder, manifest: manifest).run()
        guard findings.isEmpty else {
            throw Failure(
                "\(folder) is not as it was made: \(findings.prefix(20).joined(separator: " "))",
                hint: "Restore another backup.")
        }
        let restore = RoleRestore(folder: folder, manifest: manifest, state: directory)
        for role in roles { try restore.requireFree(role) }
        if !FileManager.default.fileExists(atPath: directory.path) { try PrivateFolder.create(directory.path) }
        for role in roles { try restore.restore(role) }
        try restore.restoreCommon()
        try report(manifest, roles, directory)
    }

    private func report(_ manifest: BackupManifest, _ roles: [BackupRole], _ directory: StateDirectory) throws {
        if output.json {
            return try Output.json(
                Object(
                    roles: roles.map(\.rawValue), state: directory.path, backupMadeAt: manifest.madeAt,
                    ledger: roles.contains(.signer) ? manifest.ledger : nil,
                    log: roles.contains(.auditor) ? manifest.log : nil, missing: manifest.leftOut))
        }
        var facts = FactSheet()
        facts.add("restored", roles.map { directory.file($0.rawValue) }.joined(separator: ", "))
        facts.add("backup", TimeText.full(manifest.madeAt, now: TimeText.now))
        if roles.contains(.signer), let ledger = manifest.ledger {
            facts.add("ledger", "\(ledger.certificates) certificates, events up to \(ledger.lastSequence)")
        }
        if roles.contains(.auditor) { facts.add("log", manifest.log.map { "\($0.size) events, root \($0.root)" }) }
        try Output.line(facts.text)
        for path in manifest.leftOut {
            Output.remark("Put back what the backup does not have: \(PlainText.visible(path))")
        }
        if geteuid() == 0 {
            Output.remark(
                "The files belong to the owner of \(directory.path). Under systemd: chown -R estuary-ROLE: the folder.")
        }
        if roles.contains(.auditor) {
            Output.remark(
                "Next: start the auditor. The signer finds that the log went back and raises an alarm; then"
                    + " `estuary audit accept-log --yes --state \(directory.quoted)` on the signer's host has it send again what is"
                    + " missing.")
        }
        if roles.contains(.signer) {
            Output.remark(
                "Next: start the auditor, then the signer. Before it signs it takes over from the log what happened since the"
                    + " backup; its `restored` event says what: estuary audit list --type restored")
        }
    }
}
