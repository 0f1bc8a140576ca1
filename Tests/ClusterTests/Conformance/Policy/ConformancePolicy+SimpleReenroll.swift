extension ConformancePolicy {
    /// What the cases R1–R6 need.
    static let simpleReenroll = Group(
        profiles: """
            - name: renew-names
              subject:
                - attribute: CN
                  required: true
                - attribute: O
                  maximum-count: 2
                - attribute: OU
                  maximum-count: 2
                - attribute: C
              subject-alternative-names:
                dns: [example.com]
                ip: [10.0.0.0/8]
                uri: ["urn:dev:"]
                email: [example.com]
            """,
        labels: """
            - name: renew-names
              authority: devices
              profile: renew-names
            - name: renew-change
              authority: devices
              profile: renew-names
              change-subject-name: allow
            - name: renew-grace
              authority: devices
              profile: renew-names
              grace-period: 1h
            - name: renew-short-grace
              authority: devices
              profile: renew-names
              grace-period: 1s
            - name: renew-same-key
              authority: devices
              profile: renew-names
              renewal: same-key
            - name: renew-former
              authority: renew-former
              profile: renew-names
            - name: renew-unrelated
              authority: renew-unrelated
              profile: renew-names
            - name: renew-successor
              authority: devices
              profile: renew-names
              predecessors: [renew-former]
            """,
        prepare: { cluster in
            try cluster.addAuthority("renew-former")
            try cluster.addAuthority("renew-unrelated")
        })
}
