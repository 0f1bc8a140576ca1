/// Where a test lets a step fail. Production has ``none``, which does nothing.
package struct FaultHook: Sendable {
    package enum Failure: CaseIterable, Sendable {
        /// The step was not done.
        case notDone
        /// It was done, and who asked for it is told that it failed.
        case doneButReportedAsFailed
    }

    /// Asked before each step; nil where the step is to go its way.
    package typealias Decision = @Sendable (FaultPoint) -> Failure?

    /// What production has.
    package static let none = FaultHook(decision: nil)

    private let decision: Decision?

    package init(_ decision: @escaping Decision) {
        self.init(decision: decision)
    }

    private init(decision: Decision?) {
        self.decision = decision
    }

    /// Performs a step, unless it is to fail.
    ///
    /// - Throws: ``InjectedFault``; what the step throws.
    package func around<Result>(_ point: FaultPoint, _ step: () throws -> Result) throws -> Result {
        guard let failure = decision?(point) else { return try step() }
        if failure == .doneButReportedAsFailed { _ = try step() }
        throw InjectedFault(point: point)
    }

    /// The same for a step that waits.
    package func around<Result>(
        _ point: FaultPoint, isolation: isolated (any Actor)? = #isolation, _ step: () async throws -> Result
    ) async throws -> Result {
        guard let failure = decision?(point) else { return try await step() }
        if failure == .doneButReportedAsFailed { _ = try await step() }
        throw InjectedFault(point: point)
    }
}

/// What a step throws that a test lets fail.
package struct InjectedFault: Error {
    package let point: FaultPoint
}
