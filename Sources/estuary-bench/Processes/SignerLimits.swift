internal import Foundation

/// The limits of a signer that is measured: a few devices, and one frontend, get more certificates than any real one may.
enum SignerLimits {
    static let off = """

        limits:
          identity-rate: off
          shared-identity-rate: off
          node-enrollments: off
          node-new-keys: off

        """

    /// Lifts them in a new signer's configuration file, which has none.
    static func lift(in folder: String) throws {
        let path = folder + "/signer/configuration.yaml"
        let configuration = try String(contentsOfFile: path, encoding: .utf8)
        try (configuration + off).write(toFile: path, atomically: true, encoding: .utf8)
    }
}
