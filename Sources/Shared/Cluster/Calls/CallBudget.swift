/// How long a call may take, where it is to differ from its connection's `callTimeout`.
///
///     try await CallBudget.$current.withValue(.seconds(2)) { try await signing.ping(request) }
package enum CallBudget {
    /// The budget of the calls that the current task makes; nil for the connection's own.
    @TaskLocal package static var current: Duration?
}
