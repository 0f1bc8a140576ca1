internal import DurableFiles
internal import Foundation

/// The CRLs of one signer's authorities as they are kept on disk, a file each, so that they are served after a restart
/// while the signer is away. What is read is verified as if it came from the signer.
struct RevocationListFolder: Sendable {
    let path: String
    let maximumBytes: Int

    /// nil where there is no file.
    func load(authority: String) throws -> [UInt8]? {
        let path = path(of: authority)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        let contents = try handle.read(upToCount: maximumBytes + 1) ?? Data()
        guard contents.count <= maximumBytes else {
            throw RevocationListError("the file is longer than limits.revocation-list-bytes allows")
        }
        return Array(contents)
    }

    func write(_ bytes: [UInt8], authority: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try DurableFile.replace(path: path(of: authority), contents: Data(bytes), mode: 0o644)
    }

    /// Whatever an authority is called, its file is in the folder.
    private func path(of authority: String) -> String {
        let name = authority.utf8.map { byte in
            let character = Character(Unicode.Scalar(byte))
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || "-._~".contains(character))
            return isPlain ? String(character) : String(format: "%%%02X", byte)
        }
        return "\(path)/\(name.joined()).crl"
    }
}
