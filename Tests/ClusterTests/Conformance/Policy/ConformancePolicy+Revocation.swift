extension ConformancePolicy {
    /// What the cases V1–V4 need.
    static let revocation = Group()
}
