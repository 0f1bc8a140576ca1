extension ConformancePolicy {
    /// What the cases X1 need: a profile that leaves as much as possible to the rules that no profile can turn off.
    static let hostileRequests = Group(
        profiles: """
            - name: hostile
              version: 1
              keys: [p256, p384, p521, ed25519, rsa]
              key-usage:
                standard: [digital-signature]
                allowed: [digital-signature, key-agreement, key-encipherment]
                narrow: false
              extended-key-usage:
                standard: [client-auth]
                allowed: [client-auth, email-protection]
              validity:
                standard: 90d
                maximum: 365d
                longer: refuse
              subject:
                - attribute: CN
                - attribute: serialNumber
                - attribute: O
                - attribute: OU
                  maximum-count: 3
                - attribute: C
                - attribute: emailAddress
              subject-alternative-names:
                dns: [example.com]
                dns-wildcards: [wild.example.com]
                ip: [10.0.0.0/8]
                uri: ["urn:dev:", "https://example.com/devices/"]
                email: [example.com]
                maximum-count: 10
            """,
        labels: """
            - name: hostile
              authority: devices
              profile: hostile
              authentication: [certificate, secret]
            """)
}
