internal import ConfigurationFile
internal import NodeSetup

extension ClusterFacts {
    /// Reads `cluster.yaml`, which `estuary init` has written.
    static func load(_ state: StateDirectory) throws -> ClusterFacts {
        do {
            return try load(path: state.clusterFacts)
        } catch let error as ConfigurationError {
            throw Failure(error.description, hint: "`estuary init` has written this file; restore it.")
        }
    }

    /// The text of `cluster.yaml`.
    var fileText: String {
        "# What a new node has to know of this cluster (`estuary node add --directory …`). Nothing here is secret.\n"
            + text
    }
}
