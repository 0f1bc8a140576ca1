extension ConformancePolicy {
    /// What the cases X1 need.
    static let hostileRequests = Group()
}
