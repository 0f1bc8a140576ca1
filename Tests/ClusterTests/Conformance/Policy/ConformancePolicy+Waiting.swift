extension ConformancePolicy {
    /// What the cases W1–W5 need.
    static let waiting = Group(
        profiles: """
            - name: waiting
              version: 1
              keys: [p256]
              extended-key-usage:
                standard: [client-auth]
                allowed: [client-auth, email-protection]
              subject:
                - attribute: CN
              subject-alternative-names:
                dns: [example.com]
            """,
        labels: """
            - name: waiting
              authority: devices
              profile: waiting
              authentication: [certificate, secret]
            """)
}
