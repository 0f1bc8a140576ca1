extension ConformancePolicy {
    /// What the cases S1–S3 need.
    static let serverKeyGeneration = Group()
}
