internal import ClusterProtocol
internal import FuzzDevice
internal import FuzzEngine

@testable internal import ConfigurationFile
@testable internal import PKI
@testable internal import Signer

/// The signer's files: operators write them, but tools do too, and `estuary reload` reads one in the running signer.
extension FuzzTarget {
    static let signerConfiguration = FuzzTarget(name: "signer-configuration") { input in
        do {
            _ = try SignerConfiguration(reader(input))
        } catch {
            check(error)
        }
    }

    /// Profiles and labels; what they say to devices must be readable for devices.
    static let policy = FuzzTarget(name: "policy") { input in
        do {
            let policy = try PolicyFile(path: "/nowhere/policy.yaml", authorities: ["devices"]).read(reader(input))
            for label in policy.labels { check(label, of: policy) }
        } catch {
            check(error)
        }
    }

    private static func reader(_ contents: [UInt8]) throws -> ConfigurationReader {
        try ConfigurationReader(file: "/nowhere/configuration.yaml", contents: contents)
    }

    private static func check(_ label: LabelDescription, of policy: Policy) {
        guard let profile = policy.profile(label.profile) else { fatalError("a label has no profile") }
        let (isEmpty, der) = must("csrattrs are made") {
            let attributes = try CSRAttributes(
                profile: profile, requiresChannelBinding: label.channelBindingRequired, forms: label.csrAttributes)
            return (attributes.isEmpty, try attributes.encoded())
        }
        let asksForBinding = must("csrattrs are read") { try CSRAttributesReading.needsChannelBinding(der) }
        expect(isEmpty || asksForBinding == label.channelBindingRequired, "csrattrs say what the label asks for")
    }

    private static func check(_ error: any Error) {
        expect(error is ConfigurationError, "a configuration is refused with file and line, not by \(error)")
        // What the operator sees.
        _ = "\(error)"
    }
}
