internal import Foundation
internal import Testing

@testable internal import estuary

/// Backups of roles whose databases and folders are not called as `estuary init` calls them.
@Suite struct BackupFolderTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// An auditor with an empty store, and another file that is called like one.
    private func makeAuditor(in name: String) throws -> StateDirectory {
        try FileManager.default.createDirectory(
            atPath: folder.file(name + "/auditor/data"), withIntermediateDirectories: true)
        _ = try folder.write("store: data/log.db\n", to: name + "/auditor/configuration.yaml")
        _ = try folder.write("", to: name + "/auditor/data/log.db")
        _ = try folder.write("no database", to: name + "/auditor/a.sqlite")
        return try StateDirectory(folder.file(name))
    }

    @Test(arguments: ["state", "zürich"])
    func theDatabaseIsTheOneThatTheConfigurationNames(_ name: String) async throws {
        let state = try makeAuditor(in: name)
        let role = try RoleFolder(.auditor, in: state)
        #expect(role.database == "data/log.db")
        #expect(try role.files().files == ["a.sqlite", "configuration.yaml"])
        let writer = BackupWriter(
            roles: [role], state: state, withoutKeys: false, verify: { _, _ in nil }, keepsFindings: false)
        _ = try await writer.write(to: folder.file("backup"))
        let manifest = try BackupManifest.read(from: folder.file("backup"))
        #expect(manifest.database(of: .auditor) == "auditor/data/log.db" && manifest.database(of: .signer) == nil)
        #expect(try BackupCheck(folder: folder.file("backup"), manifest: manifest).run() == [])

        try FileManager.default.createDirectory(atPath: folder.file("new"), withIntermediateDirectories: false)
        let restored = try StateDirectory(folder.file("new"))
        try RoleRestore(folder: folder.file("backup"), manifest: manifest, state: restored).restore(.auditor)
        #expect(FileManager.default.fileExists(atPath: folder.file("new/auditor/data/log.db")))
    }

    private func manifest(databases: [String: String]?) -> BackupManifest {
        BackupManifest(
            estuary: "", madeAt: 0, hasKeys: true, comparedWithLog: false, ledger: nil, log: nil,
            files: ["signer/a.sqlite", "signer/main.db"].map { .init(path: $0, bytes: 0, sha256: "", mode: "600") },
            databases: databases, leftOut: [])
    }

    @Test func anOlderBackupsDatabaseIsKnownByItsSuffix() throws {
        #expect(manifest(databases: nil).database(of: .signer) == "signer/a.sqlite")
        #expect(manifest(databases: ["signer": "signer/main.db"]).database(of: .signer) == "signer/main.db")
        #expect(manifest(databases: [:]).database(of: .signer) == nil)
    }

    @Test(arguments: ["signer/nothing.db", "auditor/main.db", "../main.db"])
    func aDatabaseIsOneOfTheFilesOfItsRole(_ path: String) throws {
        _ = try manifest(databases: ["signer": path]).write(to: folder.path)
        #expect(throws: Failure.self) { try BackupManifest.read(from: folder.path) }
    }
}
