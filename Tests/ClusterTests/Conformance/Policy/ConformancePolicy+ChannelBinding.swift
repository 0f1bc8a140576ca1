extension ConformancePolicy {
    /// What the cases B1–B5 need.
    static let channelBinding = Group(
        profiles: """
            - name: binding-registrar
              keys: [p256]
              extended-key-usage:
                standard: [client-auth, 1.3.6.1.5.5.7.3.28]
              subject-alternative-names:
                dns: [example.com]
            """,
        labels: """
            - name: binding-required
              authority: devices
              profile: device
              channel-binding: required
            - name: binding-registrar
              authority: devices
              profile: binding-registrar
            - name: binding-delegated
              authority: devices
              profile: device
              channel-binding: required
              accept-registration-authorities: true
            """)
}
