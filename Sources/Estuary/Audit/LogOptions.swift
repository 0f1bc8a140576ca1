internal import ArgumentParser
internal import Foundation
internal import LogVerification
internal import TransparencyLog

/// The log that a command verifies, and the key that it has to be signed with.
struct LogOptions: ParsableArguments {
    @OptionGroup var state: StateOptions
    @Option(
        help: ArgumentHelp(
            "The log: a copy of the auditor's database, a folder that `estuary audit export` made, or the address of a"
                + " server, such as https://audit.example.com:8480 (default: the database in the state directory).",
            valueName: "log"))
    var log: String?
    @Option(
        help: ArgumentHelp(
            "The log's public key, name+hash+base64, or a file that holds it (default: the key beside the log in the"
                + " state directory: that verifies nothing against whoever runs the log).",
            valueName: "key"))
    var key: String?
    @Option(help: ArgumentHelp("For a server: a file of certificates to trust.", valueName: "file"))
    var cacert: String?
    @Option(help: ArgumentHelp("For a server: a file with the certificate to sign in with.", valueName: "file"))
    var cert: String?
    @Option(help: ArgumentHelp("For a server: the certificate's key (default: in the same file).", valueName: "file"))
    var certKey: String?

    /// Where a log is.
    enum Place {
        case database(String)
        case folder(String)
        case server(HTTPLog)
    }

    func place() throws -> Place {
        guard let log else { return .database(try state.directory().auditor + "/events.sqlite") }
        if log.hasPrefix("http://") || log.hasPrefix("https://") {
            return .server(
                try HTTPLog(log, access: .init(trustAnchors: cacert, certificate: cert, key: certKey)))
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: log, isDirectory: &isFolder) else {
            throw Failure("There is no \(log).")
        }
        return isFolder.boolValue ? .folder(log) : .database(log)
    }

    /// - Returns: the key, and whether it is only the one that lies beside the log.
    func verifierKey() throws -> (key: NoteVerifierKey, isOwn: Bool) {
        if let key { return (try Self.key(key), false) }
        let path = try state.directory().logKey + ".pub"
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure("The log's public key is missing.", hint: "Give it with --key.")
        }
        return (try Self.key(path), true)
    }

    /// A key that is given as such, or in a file.
    static func key(_ text: String) throws -> NoteVerifierKey {
        let text = (try? String(contentsOfFile: text, encoding: .utf8)) ?? text
        do {
            return try NoteVerifierKey(parsing: text.trimmingCharacters(in: .whitespacesAndNewlines))
        } catch let error as TransparencyLogError {
            throw Failure(error.description)
        }
    }

    /// What is verified, wherever it is.
    func verify(_ options: VerificationOptions) async throws -> VerificationReport {
        do {
            switch try place() {
            case .database(let path): return try StoreVerification.run(path, options)
            case .folder(let path): return try await TiledVerification.run(TileFolder(path: path), options)
            case .server(let log): return try await TiledVerification.run(log, options)
            }
        } catch let error as VerificationError {
            throw Failure(error.description)
        }
    }
}
