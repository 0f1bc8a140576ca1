internal import ArgumentParser
internal import ConfigurationFile
internal import Foundation

/// The roles whose folders are backed up. A frontend holds nothing that can't be made anew.
enum BackupRole: String, CaseIterable, ExpressibleByArgument {
    case signer
    case auditor
}

/// A role's folder: which of its files a backup takes, and how.
struct RoleFolder {
    let role: BackupRole
    /// The absolute path.
    let path: String
    /// The ledger or the event log, relative to the folder.
    let database: String
    /// Files that the configuration names outside of the folder.
    let outside: [String]
    /// Those of private keys and passphrases, relative to the folder.
    private let keys: Set<String>
    /// What is made anew, or is of this process's life only.
    private let skipped: Set<String>

    /// - Throws: ``Failure`` where the folder's configuration can't be read.
    init(_ role: BackupRole, in state: StateDirectory) throws {
        self.role = role
        path = state.file(role.rawValue)
        do {
            let root = try ConfigurationReader.load(path: path + "/configuration.yaml")
            let named = try Self.files(role, root)
            let database = try root.path(
                role == .signer ? "ledger" : "store", default: role == .signer ? "ledger.sqlite" : "events.sqlite")
            guard let inside = Self.relative(database, to: path) else {
                throw Failure(
                    "The database \(database) is not in \(path).",
                    hint: "Only what is in a role's folder is backed up: move it there, and change the configuration.")
            }
            self.database = inside
            let metrics =
                role == .signer
                ? try root.optionalString("metrics-file").map { _ in try root.path("metrics-file") } : nil
            skipped = Set([metrics].compactMap { $0 }.compactMap { [path] in Self.relative($0, to: path) })
            keys = Set(named.keys.compactMap { [path] in Self.relative($0, to: path) })
            outside = (named.keys + named.others).filter { [path] in
                Self.relative($0, to: path) == nil && FileManager.default.fileExists(atPath: $0)
            }
        } catch let error as ConfigurationError {
            throw Failure(error.description)
        }
    }

    static func isThere(_ role: BackupRole, in state: StateDirectory) -> Bool {
        FileManager.default.fileExists(atPath: state.file(role.rawValue) + "/configuration.yaml")
    }

    /// Every file but the database, relative to the folder, in order; and what was met that is no file.
    func files() throws -> (files: [String], strange: [String]) {
        var files: [String] = []
        var strange: [String] = []
        try collect(below: "", &files, &strange)
        return (files, strange)
    }

    private func collect(below prefix: String, _ files: inout [String], _ strange: inout [String]) throws {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path + "/" + prefix)
        } catch {
            throw Failure(
                "\(path)/\(prefix) can't be read: \(error.localizedDescription).",
                hint: "Run the command as the user who owns it, or as root.")
        }
        for name in names.sorted().map({ prefix + $0 }) where !isMadeAnew(name) {
            var facts = stat()
            guard lstat(path + "/" + name, &facts) == 0 else { continue }
            switch facts.st_mode & S_IFMT {
            case S_IFREG: files.append(name)
            case S_IFDIR: try collect(below: name + "/", &files, &strange)
            case S_IFLNK: strange.append(path + "/" + name)
            default: continue
            }
        }
    }

    /// Whether a file holds a private key, or what opens one.
    func isKey(_ name: String, _ contents: Data) -> Bool {
        keys.contains(name) || name.hasSuffix(".key") || contents.range(of: Data("PRIVATE KEY-----".utf8)) != nil
    }

    private func isMadeAnew(_ name: String) -> Bool {
        name == database || name.hasPrefix(database + "-") || name.hasPrefix(database + ".index")
            || name == "admin" || name == Self.ofFileSystem || skipped.contains(name)
            || [".lock", ".tmp", "-wal", "-shm", "-journal"].contains { name.hasSuffix($0) }
    }

    /// At the root of a volume.
    static let ofFileSystem = "lost+found"

    private static func files(
        _ role: BackupRole, _ root: ConfigurationReader
    ) throws -> (keys: [String], others: [String]) {
        var keys = [try root.path("curve-key", default: "curve.key")]
        var others: [String] = []
        func add(_ reader: ConfigurationReader?, _ key: String, isKey: Bool = false) throws {
            guard let reader, reader.contains(key) else { return }
            let path = try reader.path(key)
            if isKey { keys.append(path) } else { others.append(path) }
        }
        switch role {
        case .signer:
            for (key, standard) in [
                ("catalogue-key", "catalogue.key"), ("witness-key", "witness.key"),
                ("kek-wrapping-key", "kek-wrapping.key"),
            ] { keys.append(try root.path(key, default: standard)) }
            try add(root, "policy")
            for authority in try root.mappings("authorities") {
                for key in ["certificate", "chain", "additional-certificates"] { try add(authority, key) }
                for key in ["key", "key-passphrase-file"] { try add(authority, key, isKey: true) }
            }
        case .auditor:
            keys.append(try root.path("log-key", default: "log.key"))
            let console = try root.mapping("console")
            let tls = try console?.mapping("tls")
            try add(tls, "certificate")
            try add(tls, "key", isKey: true)
            for key in ["operator-ca", "users"] { try add(console, key) }
        }
        return (keys, others)
    }

    private static func relative(_ file: String, to folder: String) -> String? {
        file.hasPrefix(folder + "/") ? String(file.dropFirst(folder.count + 1)) : nil
    }
}
