internal import ConfigurationFile

/// The configuration files that `estuary init` writes: what a person may want to change, explained where it stands.
enum ConfigurationTemplates {
    static func frontend(name: String, listen: ListenAddress, operations: ListenAddress, facts: ClusterFacts) -> String
    {
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
        # plain-http:
        #   listen: '0.0.0.0:8080'

        # Metrics, health and readiness. Keep it off the network that the devices are in.
        operations:
          listen: '\(operations)'

        """
    }

    static func auditor(
        endpoint: String, signerKey: String, operations: ListenAddress, console: ListenAddress
    ) -> String {
        """
        # The auditor: it keeps the record of everything that happened.
        # Every key with its default: docs/configuration.md. Relative paths start at this file's folder.
        # Changes take effect when the auditor is restarted.

        name: auditor

        # Where the signer and the frontends connect (ZeroMQ with CURVE).
        endpoint: \(endpoint)
        curve-key: curve.key

        # The public CURVE keys of the signers. Which frontends there are the signer tells.
        signer-keys:
          - '\(signerKey)'

        # The event log; its search index is beside it and is made anew where it is lost.
        store: events.sqlite

        # The folder of the local socket that `estuary audit` and `estuary status` use.
        administration: admin

        # Metrics, health and readiness.
        operations:
          listen: '\(operations)'

        # The console, for a browser on this machine. On any other address it needs TLS, and operators sign in:
        # docs/console.md.
        console:
          listen: '\(console)'

        """
    }
}
