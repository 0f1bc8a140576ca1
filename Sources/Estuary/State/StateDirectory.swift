internal import Foundation
internal import NodeSetup

/// The directory that holds a cluster of this machine: where each file of it is.
struct StateDirectory: Sendable, Equatable {
    /// The absolute path.
    let path: String

    /// The longest path of a local socket that the kernel takes.
    private static let maximumSocketPathBytes = 107

    /// - Throws: ``Failure`` where the path is so long that the sockets in it could not be made.
    init(_ path: String, workingDirectory: String = FileManager.default.currentDirectoryPath) throws {
        self.path = Self.absolute(path, workingDirectory: workingDirectory)
        let excess = auditorSocket.utf8.count - Self.maximumSocketPathBytes
        guard excess <= 0 else {
            throw Failure(
                "The path \(self.path) is \(excess) bytes too long for a state directory: the sockets in it could not"
                    + " be made.",
                hint: "Choose a shorter one with --state.")
        }
    }

    /// The absolute form of any path.
    static func absolute(
        _ path: String, workingDirectory: String = FileManager.default.currentDirectoryPath
    ) -> String {
        let absolute = path.hasPrefix("/") ? path : workingDirectory + "/" + path
        return URL(fileURLWithPath: absolute).standardizedFileURL.path
    }

    func file(_ name: String) -> String { path + "/" + name }

    var signer: String { file("signer") }
    var auditor: String { file("auditor") }
    /// The private key of the log's checkpoints; the public one is beside it, with `.pub`.
    var logKey: String { auditor + "/log.key" }
    var witnessKey: String { signer + "/witness.key" }
    func frontend(_ name: String) -> String { file(name) }
    var logs: String { file("logs") }
    var root: String { file("root") }
    /// What `estuary init --in-place` has made for everybody, and for operators alone.
    var publicFolder: String { file("public") }
    var secrets: String { file("secrets") }
    /// Whether `estuary init --in-place` has made it.
    var isInPlace: Bool { FileManager.default.fileExists(atPath: publicFolder + "/cluster.yaml") }
    var trustAnchor: String { (isInPlace ? publicFolder : path) + "/trust-anchor.pem" }
    var enrollmentSecret: String { (isInPlace ? secrets : path) + "/enrollment-secret" }
    /// What a new node has to know of the cluster.
    var clusterFacts: String { (isInPlace ? publicFolder : path) + "/cluster.yaml" }
    /// What the other one's host has to know of a process that has a host of its own.
    var auditorCard: String { file("auditor-card.yaml") }
    var signerCard: String { file("signer-card.yaml") }
    /// Held by the `estuary up` that runs the cluster.
    var lock: String { file("up.lock") }
    var signerSocket: String { signer + "/admin/socket" }
    var auditorSocket: String { auditor + "/admin/socket" }

    /// The path as a shell takes it.
    var quoted: String { ShellText.quoted(path) }

    var exists: Bool {
        FileManager.default.fileExists(atPath: clusterFacts)
    }

    /// Whether there is nothing at the path, or an empty folder.
    var isVacant: Bool {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return true }
        return isFolder.boolValue && (try? FileManager.default.contentsOfDirectory(atPath: path))?.isEmpty == true
    }

    /// The frontends that have a folder here: every folder with a node's name and a configuration, but the signer's and
    /// the auditor's. `frontend-2` comes before `frontend-10`, and other names after them.
    func frontendNames() throws -> [String] {
        func rank(_ name: String) -> (Int, Int, String) {
            (name.hasPrefix("frontend-") ? 0 : 1, name.count, name)
        }
        return try FileManager.default.contentsOfDirectory(atPath: path).filter { name in
            NodeName.isValid(name) && name != "signer" && name != "auditor"
                && FileManager.default.fileExists(atPath: file(name) + "/configuration.yaml")
        }.sorted { rank($0) < rank($1) }
    }

    /// Refuses a node's folder here that `estuary up` would not start, by its name.
    func checkNodeFolder(_ folder: String, workingDirectory: String = FileManager.default.currentDirectoryPath) throws {
        let absolute = folder.hasPrefix("/") ? folder : workingDirectory + "/" + folder
        let url = URL(fileURLWithPath: absolute).standardizedFileURL.resolvingSymlinksInPath()
        let name = url.lastPathComponent
        guard url.deletingLastPathComponent().path == URL(fileURLWithPath: path).resolvingSymlinksInPath().path,
            !NodeName.isValid(name)
        else { return }
        throw Failure(
            "`estuary up` would not start a node from a folder with the name \(PlainText.visible(name)).",
            hint: "Choose one of lower-case letters, digits and hyphens, or a folder outside of \(path).")
    }
}

/// Texts for a POSIX shell.
enum ShellText {
    /// The text as one word.
    static func quoted(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/._-+:,@%=".utf8.contains(byte)
            }
        }
        return plain && !text.isEmpty ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
