internal import ClusterProtocol

@testable internal import ConfigurationFile
@testable internal import PKI
@testable internal import Signer

/// The signer's files. A module of its own: what the signer takes from OpenSSL and the frontend from BoringSSL has the
/// same names, and no module may see both.
package enum SignerFiles {
    /// What a policy's label says to devices.
    package struct Advertisement {
        package var csrAttributes: [UInt8]
        package var isEmpty: Bool
        package var requiresChannelBinding: Bool
    }

    /// The error that the operator sees; nil where the file is fine.
    package static func configuration(_ contents: [UInt8]) -> (any Error)? {
        do {
            _ = try SignerConfiguration(reader(contents))
            return nil
        } catch {
            return error
        }
    }

    /// - Throws: what the operator sees.
    package static func policy(_ contents: [UInt8]) throws -> [Advertisement] {
        let policy = try PolicyFile(path: "/nowhere/policy.yaml", authorities: ["devices"]).read(reader(contents))
        return policy.labels.map { label in
            do {
                guard let profile = policy.profile(label.profile) else { fatalError("a label has no profile") }
                let attributes = try CSRAttributes(
                    profile: profile, requiresChannelBinding: label.channelBindingRequired, forms: label.csrAttributes)
                return Advertisement(
                    csrAttributes: try attributes.encoded(), isEmpty: attributes.isEmpty,
                    requiresChannelBinding: label.channelBindingRequired)
            } catch {
                fatalError("csrattrs can't be made: \(error)")
            }
        }
    }

    private static func reader(_ contents: [UInt8]) throws -> ConfigurationReader {
        try ConfigurationReader(file: "/nowhere/configuration.yaml", contents: contents)
    }
}
