extension ConformancePolicy {
    /// What the cases C1 need.
    static let caCertificates = Group()
}
