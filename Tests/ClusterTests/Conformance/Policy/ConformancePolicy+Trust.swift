extension ConformancePolicy {
    /// What the cases T5, T6 and T10 on certificates need.
    static let trust = Group(
        profiles: """
            - name: trust-any-key
              keys: [p256, p384, p521, ed25519, rsa]
              subject:
                - attribute: CN
                  required: true
                - attribute: O
              subject-alternative-names:
                dns: [example.com]
            - name: trust-code
              extended-key-usage:
                standard: [code-signing]
            """,
        labels: """
            - name: trust-factory
              authority: devices
              profile: trust-any-key
              authentication: [certificate]
              manufacturers: [acme]
              manufacturer-names:
                - from: serialNumber
                  pattern: "[A-Z]{2}-[A-Za-z0-9-]+"
                  common-name: ["{serialNumber}.trust.example.com"]
                  dns: ["{serialNumber}.trust.example.com", "{serialNumber}-b.trust.example.com"]
            - name: trust-factory-secrets
              authority: devices
              profile: trust-any-key
              authentication: [certificate, secret]
              manufacturers: [acme]
              manufacturer-names:
                - from: serialNumber
                  common-name: ["{serialNumber}.trust.example.com"]
            - name: trust-other
              authority: devices
              profile: trust-any-key
              authentication: [certificate]
              manufacturers: [globex]
              manufacturer-names:
                - from: CN
                  common-name: ["{CN}.trust.example.com"]
            - name: trust-keys
              authority: devices
              profile: trust-any-key
            - name: trust-code
              authority: devices
              profile: trust-code
            """,
        others: """
            manufacturers:
              - name: acme
                anchors: [manufacturers/acme-root.pem]
                intermediates: [manufacturers/acme-issuing.pem]
                crls: [manufacturers/acme.crl]
              - name: globex
                anchors: [manufacturers/globex-root.pem]
            """,
        prepare: { try TrustWorld.prepare($0) })
}
