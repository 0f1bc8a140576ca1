internal import ClusterTransport
internal import ConfigurationFile
internal import Foundation

/// What a node has to know of its cluster: where signer and auditor are, and their public keys.
///
/// Written once by `estuary init` as `cluster.yaml`; nothing in it is secret.
struct ClusterFacts: Equatable {
    var signerEndpoint: String
    /// CURVE, Z85.
    var signerKey: String
    /// Ed25519, base64.
    var catalogueKey: String
    var auditorEndpoint: String
    var auditorKey: String

    static func load(_ state: StateDirectory) throws -> ClusterFacts {
        do {
            let root = try ConfigurationReader.load(path: state.clusterFacts)
            guard let signer = try root.mapping("signer"), let auditor = try root.mapping("auditor") else {
                throw root.error("signer", "signer and auditor have to be there")
            }
            let facts = ClusterFacts(
                signerEndpoint: try signer.string("endpoint"), signerKey: try signer.string("key"),
                catalogueKey: try signer.string("catalogue-key"), auditorEndpoint: try auditor.string("endpoint"),
                auditorKey: try auditor.string("key"))
            try root.finish()
            return facts
        } catch let error as ConfigurationError {
            throw Failure(error.description, hint: "`estuary init` has written this file; restore it.")
        }
    }

    var text: String {
        """
        # What a new node has to know of this cluster (`estuary node add --directory …`). Nothing here is secret.
        signer:
          endpoint: \(signerEndpoint)
          # The signer's public CURVE key.
          key: '\(signerKey)'
          # The public Ed25519 key that verifies the catalogue.
          catalogue-key: '\(catalogueKey)'
        auditor:
          endpoint: \(auditorEndpoint)
          key: '\(auditorKey)'

        """
    }
}
