extension ConformancePolicy {
    /// What the cases P1, P2 and C1 need: a label with an authority and a profile of its own.
    static let paths = Group(
        profiles: """
            - name: paths-elsewhere
              keys: [p384]
              extended-key-usage:
                standard: [client-auth, email-protection]
              validity:
                standard: 2d
              subject:
                - attribute: CN
                  required: true
                - attribute: O
                  required: true
                  pattern: "Elsewhere"
              subject-alternative-names:
                dns: [elsewhere.example.com]
            """,
        labels: """
            - name: paths-elsewhere
              authority: \(SecondAuthority.name)
              profile: paths-elsewhere
            """,
        prepare: { try await SecondAuthority.add(to: $0) })
}
