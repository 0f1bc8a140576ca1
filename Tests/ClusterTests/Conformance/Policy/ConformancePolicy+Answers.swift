extension ConformancePolicy {
    /// What the cases H1–H4 need.
    static let answers = Group(
        labels: """
            # Its answer to csrattrs is 204.
            - name: answers-silent
              authority: devices
              profile: device
              csr-attributes: []
            """)
}
