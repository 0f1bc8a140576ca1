internal import ArgumentParser
internal import ClusterProtocol
internal import Foundation
internal import ProcessLife

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

/// Puts a role's folder back: all of it, or nothing.
struct RoleRestore {
    let folder: String
    let manifest: BackupManifest
    let state: StateDirectory

    /// - Throws: ``Failure`` where there is something in the role's place, or a process works there.
    func requireFree(_ role: BackupRole) throws {
        let path = state.file(role.rawValue)
        guard FileManager.default.fileExists(atPath: path) else { return }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw Failure("\(path) can't be read: \(error.localizedDescription).")
        }
        for name in names where name.hasSuffix(".lock") {
            do {
                _ = try ExclusiveLock(path: path + "/" + name)
            } catch let error as ExclusiveLockError {
                if case .held(let process) = error.reason {
                    throw Failure(
                        "The \(role.rawValue) of \(state.path) is running\(process.map { " (process \($0))" } ?? "").",
                        hint: "Stop it, and move \(path) away, if you mean to restore it.")
                }
            }
        }
        guard names.isEmpty else {
            throw Failure(
                "\(path) is there already, and not empty.",
                hint: "Nothing is overwritten: move it away first"
                    + (manifest.roles.count > 1 ? ", or choose the other role with --role." : "."))
        }
    }

    func restore(_ role: BackupRole) throws {
        let prefix = role.rawValue + "/"
        let target = state.file(role.rawValue)
        let growing = state.path + "/." + role.rawValue + ".\(UInt32.random(in: .min ... .max))"
        try PrivateFolder.create(growing)
        do {
            for file in manifest.files where file.path.hasPrefix(prefix) {
                try put(file, as: String(file.path.dropFirst(prefix.count)), in: growing)
            }
            if role == .signer {
                guard
                    let ledger = manifest.files.first(where: {
                        $0.path.hasPrefix(prefix) && $0.path.hasSuffix(".sqlite")
                    })
                else { throw Failure("\(folder) has no ledger.") }
                try DatabaseBackup.mark(
                    growing + "/" + ledger.path.dropFirst(prefix.count),
                    RestoreMark(backupMadeAt: manifest.madeAt, restoredAt: TimeText.now))
            }
            try giveToOwner(growing, of: FileManager.default.fileExists(atPath: target) ? target : state.path)
            try BackupFile.syncFolders(below: growing)
            // Replaces an empty folder, and fails on one that has been filled meanwhile.
            guard rename(growing, target) == 0 else { throw BackupFile.failure(target) }
            try BackupFile.syncFolder(state.path)
        } catch {
            try? FileManager.default.removeItem(atPath: growing)
            throw error
        }
    }

    /// Puts back what belongs to no role and is not there.
    func restoreCommon() throws {
        for file in manifest.files
        where !file.path.contains("/") && !FileManager.default.fileExists(atPath: state.file(file.path)) {
            try put(file, as: file.path, in: state.path)
        }
    }

    private func put(_ file: BackupManifest.File, as name: String, in target: String) throws {
        guard let mode = mode_t(file.mode, radix: 8) else { throw Failure("The manifest is damaged.") }
        try BackupFile.makeFolders(of: name, below: target)
        let (_, sha256) = try BackupFile.copy(folder + "/" + file.path, to: target + "/" + name, mode: mode)
        guard sha256 == file.sha256 else { throw Failure("\(file.path) was changed while it was read.") }
    }

    /// Root restores for somebody else: whoever owns the place.
    private func giveToOwner(_ folder: String, of place: String) throws {
        guard geteuid() == 0 else { return }
        var facts = stat()
        guard stat(place, &facts) == 0 else { throw BackupFile.failure(place) }
        for name in [""] + (try FileManager.default.subpathsOfDirectory(atPath: folder)) {
            let path = name.isEmpty ? folder : folder + "/" + name
            guard lchown(path, facts.st_uid, facts.st_gid) == 0 else { throw BackupFile.failure(path) }
        }
    }
}
