extension ConformancePolicy {
    /// What the cases T1–T10 need.
    static let tlsAndAuthentication = Group()
}
