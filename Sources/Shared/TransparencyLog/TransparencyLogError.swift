/// Why a note, a proof or a tree is not what it says to be: one sentence for whoever verifies it.
package struct TransparencyLogError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
