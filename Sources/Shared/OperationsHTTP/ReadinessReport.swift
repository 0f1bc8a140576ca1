/// Whether a process can do its work now, and what is missing where it can't.
package struct ReadinessReport: Sendable, Equatable {
    /// What is missing, each as a short phrase for an operator; empty means ready.
    package var missing: [String]

    package init(missing: [String] = []) {
        self.missing = missing
    }

    package var isReady: Bool { missing.isEmpty }
}
