internal import ConfigurationFile

/// The configuration file of the auditor that `estuary init` writes: what a person may want to change, explained where it stands.
enum ConfigurationTemplates {
    /// - Parameters:
    ///   - signerKey: nil where the signer is not known yet.
    ///   - consoleSignsIn: whether the console has TLS and users, whose files `estuary init` has made.
    static func auditor(
        endpoint: String, signerKey: String?, operations: ListenAddress, console: ListenAddress,
        consoleSignsIn: Bool = false
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
        \(signerKey.map { "signer-keys:\n  - '\($0)'" } ?? AuditorHostInitialization.noSigners)

        # The event log; its search index is beside it and is made anew where it is lost.
        store: events.sqlite

        # The folder of the local socket that `estuary audit` and `estuary status` use.
        administration: admin

        # Metrics, health and readiness.
        operations:
          listen: '\(operations)'

        # The console, for a browser. On any other address than the loopback it needs TLS, and operators sign in:
        # docs/console.md.
        console:
          listen: '\(console)'
        \(consoleSignsIn ? signIn : "")
        """
    }

    private static let signIn = """
          # Of the cluster's own CA; any other key and certificate that browsers trust may take their place.
          tls: {certificate: console-chain.pem, key: console.key}
          # `estuary audit user` changes the file.
          users: console-users

        """
}
