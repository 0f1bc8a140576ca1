internal import Testing

/// Waits until a condition holds, a minute at the most.
func eventually(
    _ what: String = "the condition holds", sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("it never came about that \(what)", sourceLocation: sourceLocation)
    throw NeverCameAbout()
}

struct NeverCameAbout: Error {}
