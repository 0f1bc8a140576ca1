extension ConformancePolicy {
    /// What the cases P1 P2 need.
    static let paths = Group()
}
