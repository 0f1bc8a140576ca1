internal import ClusterProtocol
internal import Foundation
internal import ProcessLife

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
        guard names.allSatisfy({ $0 == RoleFolder.ofFileSystem }) else {
            throw Failure(
                "\(path) is there already, and not empty.",
                hint: "Nothing is overwritten: move it away first"
                    + (manifest.roles.count > 1 ? ", or choose the other role with --role." : "."))
        }
    }

    func restore(_ role: BackupRole) throws {
        let prefix = role.rawValue + "/"
        let target = state.file(role.rawValue)
        // A folder that is there may be a volume of its own, which can't be replaced: then it is filled.
        let isThere = FileManager.default.fileExists(atPath: target)
        let growing =
            (isThere ? target : state.path) + "/." + role.rawValue + ".\(UInt32.random(in: .min ... .max))"
        try PrivateFolder.create(growing)
        do {
            for file in manifest.files where file.path.hasPrefix(prefix) {
                try put(file, as: String(file.path.dropFirst(prefix.count)), in: growing)
            }
            if role == .signer {
                guard let ledger = manifest.database(of: role) else { throw Failure("\(folder) has no ledger.") }
                try DatabaseBackup.mark(
                    growing + "/" + ledger.dropFirst(prefix.count),
                    RestoreMark(backupMadeAt: manifest.madeAt, restoredAt: TimeText.now))
            }
            try giveToOwner(growing, of: isThere ? target : state.path)
            try BackupFile.syncFolders(below: growing)
            if isThere {
                try moveUp(growing, into: target)
            } else {
                guard rename(growing, target) == 0 else { throw BackupFile.failure(target) }
                try BackupFile.syncFolder(state.path)
            }
        } catch {
            try? FileManager.default.removeItem(atPath: growing)
            throw error
        }
    }

    /// Moves everything one folder up, the configuration last: without that no process starts.
    private func moveUp(_ growing: String, into target: String) throws {
        let last = "configuration.yaml"
        let names = try FileManager.default.contentsOfDirectory(atPath: growing)
        var moved: [String] = []
        do {
            for name in names.filter({ $0 != last }) + names.filter({ $0 == last }) {
                guard rename(growing + "/" + name, target + "/" + name) == 0 else {
                    throw BackupFile.failure(target + "/" + name)
                }
                moved.append(name)
            }
        } catch {
            for name in moved { try? FileManager.default.removeItem(atPath: target + "/" + name) }
            throw error
        }
        rmdir(growing)
        try BackupFile.syncFolder(target)
    }

    /// Puts back what belongs to no role, where nothing tells of a cluster yet.
    func restoreCommon() throws {
        guard !state.exists else { return }
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
