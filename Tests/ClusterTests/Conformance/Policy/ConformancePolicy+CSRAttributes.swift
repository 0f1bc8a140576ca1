extension ConformancePolicy {
    /// What the cases A1–A5 need: a profile for each kind of key, with fixed usages and an open DNS name.
    static let csrAttributes = Group(
        profiles: ["p256", "p384", "rsa", "ed25519"].map(csrAttributesProfile).joined(separator: "\n") + """

            - name: csrattrs-address
              keys: [p256]
              subject-alternative-names:
                ip: [10.0.0.0/8]
            """,
        labels: ["p256", "p384", "rsa", "ed25519"].map { kind in
            """
            - name: csrattrs-\(kind)
              authority: devices
              profile: csrattrs-\(kind)
            - name: csrattrs-\(kind)-bound
              authority: devices
              profile: csrattrs-\(kind)
              channel-binding: required
            """
        }.joined(separator: "\n") + """

            - name: csrattrs-address
              authority: devices
              profile: csrattrs-address
            - name: csrattrs-silent
              authority: devices
              profile: csrattrs-p256
              csr-attributes: []
            - name: csrattrs-template
              authority: devices
              profile: csrattrs-p256
              csr-attributes: [template]
            """)

    private static func csrAttributesProfile(_ kind: String) -> String {
        """
        - name: csrattrs-\(kind)
          keys: [\(kind)]
          rsa:
            minimum-bits: 3072
          key-usage:
            standard: [digital-signature\(kind == "rsa" ? ", key-encipherment" : "")]
            narrow: false
          extended-key-usage:
            standard: [client-auth, 1.3.6.1.5.5.7.3.17]
          subject:
            - attribute: O
              required: true
              pattern: "Example \\\\(Fleet\\\\)"
            - attribute: CN
              required: true
            - attribute: OU
              pattern: "nobody needs this"
          subject-alternative-names:
            dns: [csrattrs.example.com]
            maximum-count: 1
        """
    }
}
