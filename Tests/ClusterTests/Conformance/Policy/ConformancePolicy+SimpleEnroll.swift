extension ConformancePolicy {
    /// What the cases E1–E7 need.
    static let simpleEnroll = Group(
        profiles: """
            # Refuses what the standard profile narrows, and allows what that refuses.
            - name: enroll-wide
              version: 1
              key-usage:
                standard: [digital-signature]
                allowed: [digital-signature, key-agreement]
                narrow: false
              extended-key-usage:
                standard: [client-auth]
                allowed: [client-auth, server-auth]
              subject-alternative-names:
                dns: ["*"]
                dns-wildcards: [wild.example.com]
                ip: [0.0.0.0/0, "::/0"]
            """,
        labels: """
            - name: enroll-wide
              authority: devices
              profile: enroll-wide
            """)
}
