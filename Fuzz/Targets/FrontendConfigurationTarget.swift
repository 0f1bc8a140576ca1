internal import FuzzEngine

@testable internal import ConfigurationFile
@testable internal import Frontend

extension FuzzTarget {
    /// The frontend's configuration file: operators write it, but tools do too.
    static let frontendConfiguration = FuzzTarget(name: "frontend-configuration") { input in
        do {
            _ = try FrontendConfiguration.read(
                ConfigurationReader(file: "/nowhere/configuration.yaml", contents: input))
        } catch {
            expect(error is ConfigurationError, "a configuration is refused with file and line, not by \(error)")
            // What the operator sees.
            _ = "\(error)"
        }
    }
}
