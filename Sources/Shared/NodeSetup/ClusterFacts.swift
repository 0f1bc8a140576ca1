package import ConfigurationFile

/// What a node has to know of its cluster: where signer and auditor are, and their public keys. Nothing in it is secret.
package struct ClusterFacts: Equatable, Sendable {
    package var signerEndpoint: String
    /// CURVE, Z85.
    package var signerKey: String
    /// Ed25519, base64.
    package var catalogueKey: String
    package var auditorEndpoint: String
    package var auditorKey: String

    package init(
        signerEndpoint: String, signerKey: String, catalogueKey: String, auditorEndpoint: String, auditorKey: String
    ) {
        self.signerEndpoint = signerEndpoint
        self.signerKey = signerKey
        self.catalogueKey = catalogueKey
        self.auditorEndpoint = auditorEndpoint
        self.auditorKey = auditorKey
    }

    /// Reads a file that has nothing else.
    ///
    /// - Throws: `ConfigurationError`
    package static func load(path: String) throws -> ClusterFacts {
        let root = try ConfigurationReader.load(path: path)
        let facts = try ClusterFacts(root)
        try root.finish()
        return facts
    }

    /// - Parameter root: the mapping that has `signer` and `auditor`.
    package init(_ root: ConfigurationReader) throws {
        guard let signer = try root.mapping("signer"), let auditor = try root.mapping("auditor") else {
            throw root.error("signer", "signer and auditor have to be there")
        }
        self.init(
            signerEndpoint: try signer.string("endpoint"), signerKey: try signer.string("key"),
            catalogueKey: try signer.string("catalogue-key"), auditorEndpoint: try auditor.string("endpoint"),
            auditorKey: try auditor.string("key"))
    }

    /// The keys `signer` and `auditor` of a YAML file.
    package var text: String {
        """
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
