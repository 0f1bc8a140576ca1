package import ConfigurationFile

/// A frontend's new configuration file: what a person may want to change, explained where it stands.
package struct FrontendConfigurationText: Sendable {
    package var name: String
    package var listen: ListenAddress
    package var operations: ListenAddress
    package var facts: ClusterFacts
    /// CRLs and OCSP without TLS; nil for none.
    package var plainHTTP: ListenAddress?
    /// The load balancers that send the PROXY protocol; empty for none.
    package var proxies: [String] = []

    package init(name: String, listen: ListenAddress, operations: ListenAddress, facts: ClusterFacts) {
        self.name = name
        self.listen = listen
        self.operations = operations
        self.facts = facts
    }

    package var text: String {
        """
        # \(name): a frontend. It ends the devices' TLS connections and passes their requests on to the signer.
        # Every key with its default: docs/configuration.md. Relative paths start at this file's folder.
        # Changes take effect when the frontend is restarted.

        name: \(name)

        # Where devices connect. 0.0.0.0 or [::] stands for every address of this machine.
        listen: '\(listen)'

        # The key that signer and auditor know this frontend by. Keep it readable by its user only.
        curve-key: curve.key

        signers:
          - endpoint: \(facts.signerEndpoint)
            # The signer's public CURVE key, and the public key that verifies the catalogue that it signs.
            key: '\(facts.signerKey)'
            catalogue-key: '\(facts.catalogueKey)'

        auditor:
          endpoint: \(facts.auditorEndpoint)
          key: '\(facts.auditorKey)'

        # The frontend makes the key itself, and gets and renews the certificate from the signer.
        tls:
          key: tls.key
          certificate: tls-chain.pem

        # The signer's catalogue, kept so that the frontend can start while the signer is away.
        catalogue: catalogue.json

        # CRLs and OCSP without TLS too, as most clients fetch them. Nothing else is served there.
        \(plainText)

        \(proxyText)# Metrics, health and readiness. Keep it off the network that the devices are in.
        operations:
          listen: '\(operations)'

        """
    }

    private var plainText: String {
        let comment = plainHTTP == nil ? "# " : ""
        return "\(comment)plain-http:\n\(comment)  listen: '\(plainHTTP?.description ?? "0.0.0.0:8080")'"
    }

    private var proxyText: String {
        guard !proxies.isEmpty else { return "" }
        let networks = proxies.map { "'\($0)'" }.joined(separator: ", ")
        return """
            # Every connection for devices comes from these load balancers and starts with their PROXY header, version 2.
            proxy-protocol:
              from: [\(networks)]


            """
    }
}
