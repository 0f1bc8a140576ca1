extension ConformancePolicy {
    /// What the cases W1–W5 need.
    static let waiting = Group()
}
