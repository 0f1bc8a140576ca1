extension ConformancePolicy {
    /// What the cases R1–R6 need.
    static let simpleReenroll = Group()
}
