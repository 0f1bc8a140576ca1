extension ConformancePolicy {
    /// What the cases B1–B5 need.
    static let channelBinding = Group()
}
