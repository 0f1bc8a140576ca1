extension ConformancePolicy {
    /// What the cases H1–H4 need.
    static let answers = Group()
}
