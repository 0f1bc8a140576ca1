extension ConformancePolicy {
    /// What the cases A1–A5 need.
    static let csrAttributes = Group()
}
