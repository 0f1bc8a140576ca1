/// What is wrong with a configuration file, where, and what is allowed there.
///
/// Its description is one line that a person can act on:
/// `policy.yaml:12: labels[0].profile: no profile «x»; there are: a, b`.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// The file's path as it was given.
    package var file: String
    /// Counted from 1; nil where the error is about the file as a whole.
    package var line: Int?
    /// The keys from the file's root down to the value, such as `labels[0].profile`; empty for the root itself.
    package var keyPath: String
    package var message: String

    package init(file: String, line: Int?, keyPath: String, message: String) {
        self.file = file
        self.line = line
        self.keyPath = keyPath
        self.message = message
    }

    package var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return keyPath.isEmpty ? "\(place): \(message)" : "\(place): \(keyPath): \(message)"
    }
}
