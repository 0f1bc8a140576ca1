extension ConformancePolicy {
    /// What the cases S1–S3 need: a label for each kind of key, one that sends encrypted keys only, and one whose
    /// certificates are for encryption, so that keys can be sent to them.
    static let serverKeyGeneration = Group(
        profiles: keygenKinds.map { kind in
            """
            - name: keygen-\(kind)
              keys: [p256, p384, ed25519, rsa]
              server-key: \(kind)
              key-usage:
                standard: [digital-signature]
                allowed: [digital-signature, key-encipherment, key-agreement]
              subject-alternative-names:
                dns: [example.com]
            """
        }.joined(separator: "\n") + """

            - name: keygen-recipient
              keys: [p256, rsa]
              key-usage:
                standard: [digital-signature, key-encipherment, key-agreement]
              subject-alternative-names:
                dns: [example.com]
            """,
        labels: keygenKinds.map { kind in
            """
            - name: keygen-\(kind)
              authority: devices
              profile: keygen-\(kind)
              server-key-generation: plain
            """
        }.joined(separator: "\n") + """

            - name: keygen-encrypted
              authority: devices
              profile: keygen-p256
              server-key-generation: encrypted
            - name: keygen-recipient
              authority: devices
              profile: keygen-recipient
            """)

    static let keygenKinds = ["p256", "p384", "ed25519", "rsa-2048", "rsa-3072"]
}
