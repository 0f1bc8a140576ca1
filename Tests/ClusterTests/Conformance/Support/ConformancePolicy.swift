/// The policy of the shared cluster, put together from what each group of cases needs.
///
/// A group's part is in its own file, `Policy/ConformancePolicy+GROUP.swift`. Names of labels and profiles begin with
/// the group's: `renew-grace`, `keygen-plain`.
enum ConformancePolicy {
    /// What one group of cases adds to the policy.
    struct Group: Sendable {
        /// Items of the list `profiles`, each beginning with `- name:` in the first column.
        ///
        /// In this and the other texts `$STATE` becomes the cluster's folder.
        var profiles = ""
        /// Items of the list `labels`, likewise.
        var labels = ""
        /// Other keys of the policy file's top level.
        var others = ""
        /// Runs after `estuary init` and before the processes start: makes files that the policy names.
        var prepare: @Sendable (TestCluster) async throws -> Void = { _ in }
    }

    static let groups = [
        standard, tlsAndAuthentication, trust, paths, caCertificates, simpleEnroll, simpleReenroll, revocation,
        serverKeyGeneration, csrAttributes, channelBinding, waiting, answers, hostileRequests,
        deviceCommand,
    ]

    /// - Parameter groups: those that a cluster of a test's own needs.
    static func text(of groups: [Group] = groups, for cluster: TestCluster) -> String {
        """
        profiles:
        \(groups.map(\.profiles).joined(separator: "\n"))
        labels:
        \(groups.map(\.labels).joined(separator: "\n"))
        \(groups.map(\.others).joined(separator: "\n"))
        """.replacing("$STATE", with: cluster.directory)
    }

    /// `default` takes secrets and certificates, `strict` certificates only; both issue what `estuary init`'s own
    /// profile does.
    static let standard = Group(
        profiles: """
            - name: device
              version: 1
              keys: [p256, p384, ed25519, rsa]
              rsa:
                minimum-bits: 2048
                maximum-bits: 4096
              key-usage:
                standard: [digital-signature]
                allowed: [digital-signature, non-repudiation, key-encipherment, key-agreement]
              extended-key-usage:
                standard: [client-auth]
                allowed: [client-auth]
              validity:
                standard: 90d
                maximum: 365d
                backdating: 5m
                longer: refuse
              subject:
                - attribute: CN
                  required: true
                  pattern: "[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"
                - attribute: serialNumber
                  pattern: "[A-Za-z0-9._:-]{1,64}"
                - attribute: O
                - attribute: OU
                - attribute: C
                  pattern: "[A-Z]{2}"
                - attribute: ST
                - attribute: L
              subject-alternative-names:
                dns: [example.com, device.example]
                ip: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]
                uri: ["urn:dev:"]
                maximum-count: 10
            """,
        labels: """
            - name: default
              authority: devices
              profile: device
              authentication: [certificate, secret]
              renewal: any-key
            - name: strict
              authority: devices
              profile: device
              authentication: [certificate]
            """)
}
