extension ConformancePolicy {
    /// What the tests of `estuary device` need beside the other groups' labels.
    static let deviceCommand = Group(
        profiles: """
            # Each certificate is past three quarters of its validity when it comes.
            - name: device-due
              validity:
                standard: 1m
                backdating: 1h
              subject:
                - attribute: CN
                  required: true
              subject-alternative-names:
                dns: [example.com]
            """,
        labels: """
            - name: device-due
              authority: devices
              profile: device-due
            - name: device-manual
              authority: devices
              profile: device
              approval: manual
            """)
}
