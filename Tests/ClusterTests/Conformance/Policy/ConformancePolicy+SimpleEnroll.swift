extension ConformancePolicy {
    /// What the cases E1–E7 need.
    static let simpleEnroll = Group()
}
