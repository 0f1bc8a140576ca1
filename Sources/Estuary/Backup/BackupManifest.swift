internal import Foundation

/// What is in a backup: written last, so that a folder without it is none.
struct BackupManifest: Codable, Equatable {
    static let version = 1
    static let fileName = "manifest.json"
    private static let maximumBytes = 16 << 20

    struct File: Codable, Equatable {
        /// Relative to the backup's folder, such as `signer/configuration.yaml`.
        var path: String
        var bytes: Int
        /// Hexadecimal.
        var sha256: String
        /// The mode that it gets back, octal.
        var mode: String
    }

    struct Ledger: Codable, Equatable {
        var incarnation: String
        var lastSequence: Int64
        /// Up to which event the auditor had acknowledged.
        var delivered: Int64
        var certificates: Int64
        var schema: Int64
    }

    struct Log: Codable, Equatable {
        var origin: String
        var size: Int64
        /// Base64.
        var root: String
    }

    var version = BackupManifest.version
    /// The version of Estuary that made it.
    var estuary: String
    /// In seconds since 1970.
    var madeAt: Int64
    /// Whether the private keys are in it.
    var hasKeys: Bool
    /// Whether the ledger was found to agree with the log.
    var comparedWithLog: Bool
    var ledger: Ledger?
    var log: Log?
    var files: [File]
    /// The path of each role's database among them, by the role's name. Older backups don't say it: there it is the file
    /// that ends in `.sqlite`.
    var databases: [String: String]?
    /// What is not in it and belongs to the roles: private keys, and files outside of their folders.
    var leftOut: [String]

    var roles: [BackupRole] {
        BackupRole.allCases.filter { role in files.contains { $0.path.hasPrefix(role.rawValue + "/") } }
    }

    /// The path of a role's database, relative to the backup's folder.
    func database(of role: BackupRole) -> String? {
        if let databases { return databases[role.rawValue] }
        return files.first { $0.path.hasPrefix(role.rawValue + "/") && $0.path.hasSuffix(".sqlite") }?.path
    }

    func write(to folder: String) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let contents = try encoder.encode(self)
        return try BackupFile.write(contents, to: folder + "/" + Self.fileName, mode: 0o600)
    }

    /// - Throws: ``Failure`` where the folder is no backup that this version can read.
    static func read(from folder: String) throws -> BackupManifest {
        let path = folder + "/" + fileName
        guard let contents = FileManager.default.contents(atPath: path), contents.count <= maximumBytes else {
            throw Failure(
                "\(folder) is no backup: its \(fileName) can't be read.",
                hint: "A backup is a folder that `estuary backup` made; read it as its owner or as root.")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        struct Version: Decodable { var version: Int }
        guard let found = try? decoder.decode(Version.self, from: contents) else {
            throw Failure("\(path) is damaged.", hint: "Take another backup.")
        }
        guard found.version <= version else {
            throw Failure("\(folder) was made by a newer version of Estuary.", hint: "Restore it with that version.")
        }
        guard let manifest = try? decoder.decode(BackupManifest.self, from: contents),
            manifest.files.allSatisfy({ isSafe($0.path) && mode_t($0.mode, radix: 8).map { $0 <= 0o777 } == true }),
            (manifest.databases ?? [:]).allSatisfy({ role, database in
                database.hasPrefix(role + "/") && manifest.files.contains { $0.path == database }
            })
        else { throw Failure("\(path) is damaged.", hint: "Take another backup.") }
        return manifest
    }

    /// Whether a path stays inside of the folder that it is relative to.
    private static func isSafe(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return !parts.isEmpty && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) }
    }
}
