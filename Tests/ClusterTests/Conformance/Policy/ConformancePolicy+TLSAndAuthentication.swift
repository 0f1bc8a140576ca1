extension ConformancePolicy {
    /// What the cases T1–T10 need.
    static let tlsAndAuthentication = Group(
        labels: """
            # Only one test asks here, so that it can tell what events there are.
            - name: tls-first-contact
              authority: devices
              profile: device
            """)
}
