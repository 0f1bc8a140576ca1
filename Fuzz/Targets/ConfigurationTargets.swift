internal import FuzzSigner

@testable internal import ConfigurationFile
@testable internal import Device
@testable internal import Frontend

/// Configuration files: operators write them, but tools do too, and `estuary reload` reads one in the running signer.
extension FuzzTarget {
    static let frontendConfiguration = FuzzTarget(name: "frontend-configuration") { input in
        do {
            _ = try FrontendConfiguration.read(
                ConfigurationReader(file: "/nowhere/configuration.yaml", contents: input))
        } catch {
            check(error)
        }
    }

    static let signerConfiguration = FuzzTarget(name: "signer-configuration") { input in
        if let error = SignerFiles.configuration(input) { check(error) }
    }

    /// Profiles and labels; what they say to devices must be readable for devices.
    static let policy = FuzzTarget(name: "policy") { input in
        do {
            for said in try SignerFiles.policy(input) {
                let answer = must("csrattrs are read") { try CSRAttributesAnswer(derEncoded: said.csrAttributes) }
                expect(
                    said.isEmpty || answer.needsChannelBinding == said.requiresChannelBinding,
                    "csrattrs say what the label asks for")
            }
        } catch {
            check(error)
        }
    }

    private static func check(_ error: any Error) {
        expect(error is ConfigurationError, "a configuration is refused with file and line, not by \(error)")
        // What the operator sees.
        _ = "\(error)"
    }
}
