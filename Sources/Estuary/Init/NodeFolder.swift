internal import ClusterTransport
internal import Foundation

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
                ConfigurationTemplates.frontend(
                    name: name, listen: listen, operations: ListenAddress(host: "127.0.0.1", port: operations),
                    facts: facts),
                to: path + "/configuration.yaml")
        } catch {
            folder.remove()
            throw error
        }
        return folder
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
