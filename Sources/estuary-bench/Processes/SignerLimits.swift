internal import Foundation

/// The limits of a signer that is measured: a few devices, and one frontend, get more certificates than any real one may.
/// The counting goes on as anywhere; its rates are never reached.
enum SignerLimits {
    static let unreachable = """

        limits:
          identity-rate: 1000000000/1s
          shared-identity-rate: 1000000000/1s
          node-enrollments: 1000000000/1s
          node-new-keys: 1000000000/1s

        """

    /// Lifts them in a new signer's configuration file, which has none.
    static func lift(in folder: String) throws {
        let path = folder + "/signer/configuration.yaml"
        let configuration = try String(contentsOfFile: path, encoding: .utf8)
        try (configuration + unreachable).write(toFile: path, atomically: true, encoding: .utf8)
    }
}
