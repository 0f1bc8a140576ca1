/// Why a fleet can't be prepared or can't run, in a sentence that says what to change.
package struct FleetError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
