internal import ConfigurationFile

/// Who may see the console: keys of `console` in the auditor's configuration.
package struct ConsoleAccessConfiguration: Sendable {
    package var tls: ConsoleTLS?
    package var operatorCA: String?
    package var needsSignIn: Bool { operatorCA != nil }

    init(_ root: ConfigurationReader) throws {}
}

package struct ConsoleTLS: Sendable {
}
