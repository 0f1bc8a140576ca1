internal import Foundation
internal import LogVerification
internal import Observability
internal import TransparencyLog

/// Makes a backup: everything of it, or nothing. It grows beside its place under another name.
struct BackupWriter {
    let roles: [RoleFolder]
    let state: StateDirectory
    let withoutKeys: Bool
    /// Compares a copy of the ledger, or a copy of the log or both, with the log; nil where there is no log to compare with.
    let verify: (_ ledger: String?, _ log: String?) async throws -> VerificationReport?
    /// Also where something is found.
    let keepsFindings: Bool

    /// What was made.
    struct Outcome {
        var manifest: BackupManifest
        /// Of the manifest, hexadecimal.
        var sha256: String
        var report: VerificationReport?
    }

    /// What a new node and a device have to know: no secrets.
    private var common: [(name: String, path: String)] {
        [("cluster.yaml", state.clusterFacts), ("trust-anchor.pem", state.trustAnchor)]
    }

    func write(to folder: String) async throws -> Outcome {
        guard !FileManager.default.fileExists(atPath: folder) else {
            throw Failure(
                "\(folder) is there already.", hint: "Give a folder that is not there: nothing is overwritten.")
        }
        let url = URL(fileURLWithPath: folder).standardizedFileURL
        let parent = url.deletingLastPathComponent().path
        let growing = parent + "/." + url.lastPathComponent + ".\(UInt32.random(in: .min ... .max))"
        try PrivateFolder.create(growing)
        do {
            let outcome = try await fill(growing)
            try BackupFile.syncFolders(below: growing)
            guard rename(growing, folder) == 0 else { throw BackupFile.failure(folder) }
            try BackupFile.syncFolder(parent)
            return outcome
        } catch {
            try? FileManager.default.removeItem(atPath: growing)
            throw error
        }
    }

    private func fill(_ folder: String) async throws -> Outcome {
        var manifest = BackupManifest(
            estuary: EstuaryVersion.current, madeAt: TimeText.now, hasKeys: !withoutKeys, comparedWithLog: false,
            ledger: nil, log: nil, files: [], databases: [:], leftOut: [])
        // The ledger first: the log then has what the ledger has sent.
        for role in roles { try copyDatabase(of: role, to: folder, &manifest) }
        for role in roles { try copyFiles(of: role, to: folder, &manifest) }
        for (name, path) in common where FileManager.default.fileExists(atPath: path) {
            let (bytes, sha256) = try BackupFile.copy(path, to: folder + "/" + name, mode: 0o600)
            manifest.files.append(.init(path: name, bytes: bytes, sha256: sha256, mode: "644"))
        }
        let report = try await compare(folder, &manifest)
        return Outcome(manifest: manifest, sha256: try manifest.write(to: folder), report: report)
    }

    private func copyDatabase(of role: RoleFolder, to folder: String, _ manifest: inout BackupManifest) throws {
        let name = role.role.rawValue + "/" + role.database
        try BackupFile.makeFolders(of: name, below: folder)
        let path = folder + "/" + name
        try DatabaseBackup.copy(role.path + "/" + role.database, to: path)
        let (bytes, sha256) = try BackupFile.digest(path)
        manifest.files.append(.init(path: name, bytes: bytes, sha256: sha256, mode: "600"))
        manifest.databases?[role.role.rawValue] = name
        if role.role == .signer { manifest.ledger = try DatabaseBackup.ledger(path) }
    }

    private func copyFiles(of role: RoleFolder, to folder: String, _ manifest: inout BackupManifest) throws {
        let (names, strange) = try role.files()
        for file in names {
            let source = role.path + "/" + file
            var facts = stat()
            // Gone since: a process replaces its files whole.
            guard lstat(source, &facts) == 0 else { continue }
            if withoutKeys, let contents = FileManager.default.contents(atPath: source), role.isKey(file, contents) {
                manifest.leftOut.append(source)
                continue
            }
            let name = role.role.rawValue + "/" + file
            try BackupFile.makeFolders(of: name, below: folder)
            let (bytes, sha256) = try BackupFile.copy(source, to: folder + "/" + name, mode: 0o600)
            let mode = String(facts.st_mode & 0o777, radix: 8)
            manifest.files.append(.init(path: name, bytes: bytes, sha256: sha256, mode: mode))
        }
        manifest.leftOut += role.outside + strange
    }

    private func compare(_ folder: String, _ manifest: inout BackupManifest) async throws -> VerificationReport? {
        func copy(_ role: BackupRole) -> String? {
            roles.first { $0.role == role }.map { "\(folder)/\(role.rawValue)/\($0.database)" }
        }
        let ledger = copy(.signer)
        guard let report = try await verify(ledger, copy(.auditor)) else { return nil }
        if !report.isClean, !keepsFindings {
            let first = report.findings.kept.first.map { " The first: \($0.place): \($0.text)" } ?? ""
            throw Failure(
                "No backup is made: log and ledger are not what they have to be (\(report.findings.count) findings).\(first)",
                hint: "`estuary audit verify` shows all of them. --keep-findings makes the backup all the same.")
        }
        if roles.contains(where: { $0.role == .auditor }) {
            manifest.log = report.checkpoint.map {
                .init(origin: $0.origin, size: $0.size, root: $0.root.base64)
            }
        }
        manifest.comparedWithLog = ledger != nil && report.isClean
        return report
    }
}
