extension ConformancePolicy {
    /// What the case C1 needs is the authority with two intermediates that ``paths`` brings.
    static let caCertificates = Group()
}
