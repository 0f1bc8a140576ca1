/// The policy of a new cluster: one profile for devices, one label.
enum SamplePolicy {
    static let text = """
        # What this signer issues, and to whom. «estuary reload» reads it anew: all of it or nothing.
        # Every key is described in docs/configuration.md. An empty list allows nothing.
        profiles:
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
              # Put your devices' own domain here.
              dns: [example.com, device.example]
              ip: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]
              uri: ["urn:dev:"]
              maximum-count: 10

        labels:
          # Paths without a label use the label «default».
          - name: default
            authority: devices
            profile: device
            authentication: [certificate, secret]
            renewal: any-key

        """
}
