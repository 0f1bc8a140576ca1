internal import ClusterTransport
internal import ConfigurationFile
internal import Foundation
internal import NodeSetup

/// A frontend's folder: its CURVE key and its configuration. TLS key, certificate and catalogue it gets itself.
struct NodeFolder {
    let path: String
    let key: CurveKeyPair

    /// Makes the folder, or nothing.
    ///
    /// - Throws: ``Failure`` where the path is taken.
    @discardableResult
    static func create(
        at path: String, name: String, key: CurveKeyPair? = nil, listen: ListenAddress, operationsPort: Int? = nil,
        facts: ClusterFacts
    ) throws -> NodeFolder {
        let key = try key ?? CurveKeyPair.generate()
        try PrivateFolder.create(path)
        let folder = NodeFolder(path: path, key: key)
        do {
            try key.write(path: path + "/curve.key")
            let operations = try operationsPort ?? LoopbackPort.free(count: 1)[0]
            try PrivateFolder.write(
                FrontendConfigurationText(
                    name: name, listen: listen, operations: ListenAddress(host: "127.0.0.1", port: operations),
                    facts: facts
                ).text,
                to: path + "/configuration.yaml")
        } catch {
            folder.remove()
            throw error
        }
        return folder
    }

    /// What to throw where the node could not be admitted.
    ///
    /// Removes the folder only where the node is certainly not admitted: it has the only copy of its key.
    func settle(after error: any Error, name: String, state: StateDirectory) -> any Error {
        guard let failure = error as? Failure else {
            return Failure("\(error)", hint: keptHint(name: name, state: state))
        }
        guard failure.isOutcomeUnknown else {
            remove()
            return failure
        }
        return Failure(failure.message, hint: keptHint(name: name, state: state))
    }

    private func keptHint(name: String, state: StateDirectory) -> String {
        let key = ShellText.quoted(path + "/curve.key.pub")
        return """
            \(path) is kept, with the node's key. See with `estuary node list --state \(state.quoted)` whether \(name) is \
            admitted with the key in \(key). Where it is not, ask again with --key "$(cat \(key))" in place of \
            --directory, or remove the folder.
            """
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
