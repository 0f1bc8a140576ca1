internal import Foundation

/// Whether a backup's files are those of its manifest.
struct BackupCheck {
    let folder: String
    let manifest: BackupManifest

    /// - Returns: what is wrong, in a sentence each.
    func run() throws -> [String] {
        var findings: [String] = []
        for file in manifest.files {
            let path = folder + "/" + file.path
            guard FileManager.default.fileExists(atPath: path) else {
                findings.append("\(file.path) is missing.")
                continue
            }
            let (bytes, sha256) = try BackupFile.digest(path)
            if bytes != file.bytes || sha256 != file.sha256 { findings.append("\(file.path) was changed.") }
        }
        let known = Set(manifest.files.map(\.path) + [BackupManifest.fileName])
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() where !known.contains(name) {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder)
            if !isFolder.boolValue { findings.append("\(name) is no part of it.") }
        }
        if findings.isEmpty, let ledger = manifest.ledger {
            if try manifest.database(of: .signer).map({ try DatabaseBackup.ledger(folder + "/" + $0) }) != ledger {
                findings.append("The ledger is not the one of the manifest.")
            }
        }
        return findings
    }
}
