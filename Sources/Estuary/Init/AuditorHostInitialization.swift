internal import ClusterTransport
internal import ConfigurationFile
internal import DurableFiles
internal import Foundation
internal import NodeSetup
internal import TransparencyLog

/// Makes an auditor on a host of its own: its keys, its configuration, and the card that the signer's host needs.
struct AuditorHostInitialization {
    let state: StateDirectory
    var place: InPlaceInitialization.Place
    var operations = ListenAddress(host: "127.0.0.1", port: 9102)
    var console = Initialization.standardConsole

    /// What stands in the configuration until the signer is known.
    static let noSigners = "signer-keys: []"

    var folders: FoldersInPlace {
        FoldersInPlace(
            folders: [.init(path: state.auditor)], marker: state.auditorCard,
            essentials: [state.auditor + "/configuration.yaml"], traces: [state.auditor + "/events.sqlite"])
    }

    func run() async throws {
        try await folders.fill {
            let key = try Initialization.makeKey(in: state.auditor)
            let logKey = try NoteKeyFile.create(path: state.logKey, for: .log).verifierKey
            try PrivateFolder.write(
                ConfigurationTemplates.auditor(
                    endpoint: place.endpoint, signerKey: nil, operations: operations, console: console),
                to: state.auditor + "/configuration.yaml")
            return AuditorCard(address: place.address, key: key.z85, logKey: logKey.description).text
        }
    }

    /// Tells an auditor which signer it belongs to.
    ///
    /// - Returns: whether that was new to it.
    static func complete(_ state: StateDirectory, signer path: String) throws -> Bool {
        let signer = try SignerCard.load(path)
        let own = try AuditorCard.load(state.auditorCard)
        let configuration = state.auditor + "/configuration.yaml"
        guard let text = try? String(contentsOfFile: configuration, encoding: .utf8) else {
            throw Failure(
                "\(configuration) can't be read.",
                hint: "Run the command as the auditor's user; `estuary init --role auditor` makes the file.")
        }
        let isNew = !text.contains("'\(signer.key)'")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard !isNew || lines.contains(where: { $0 == noSigners }) else {
            throw Failure(
                "\(configuration) names another signer already.",
                hint: "Where this one takes its place, or comes beside it, add its key to signer-keys: '\(signer.key)'")
        }
        if !FileManager.default.fileExists(atPath: state.clusterFacts) {
            let facts = ClusterFacts(
                signerEndpoint: signer.address, signerKey: signer.key, catalogueKey: signer.catalogueKey,
                auditorEndpoint: own.address, auditorKey: own.key)
            try PublicFile.write(facts.fileText, to: state.clusterFacts)
        }
        if isNew {
            let changed = lines.map { $0 == noSigners ? "signer-keys:\n  - '\(signer.key)'" : String($0) }
            do {
                try DurableFile.replace(
                    path: configuration, contents: Data(changed.joined(separator: "\n").utf8), mode: 0o600)
            } catch {
                throw Failure("\(configuration) can't be written: \(error)")
            }
        }
        return isNew
    }
}
