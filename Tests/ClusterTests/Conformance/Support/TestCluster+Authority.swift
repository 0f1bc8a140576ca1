internal import Crypto
internal import Foundation
internal import TestManufacturers
internal import Testing
internal import X509

extension TestCluster {
    /// Gives the signer one more issuing authority, with a root of its own. Before the cluster starts.
    func addAuthority(_ name: String) throws {
        let made = try TestManufacturer(name, notAfter: .now.addingTimeInterval(365 * 86_400))
        let folder = "\(directory)/signer/authorities/\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (file, text) in [
            ("certificate.pem", try made.issuing.pem), ("chain.pem", try made.root.pem),
            ("key.pem", made.issuingKey.pemRepresentation),
        ] {
            try text.write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
            chmod("\(folder)/\(file)", 0o600)
        }
        let path = "\(directory)/signer/configuration.yaml"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let configuration = text.replacing("\nauthorities:\n", with: "\nauthorities:\n  - name: \(name)\n")
        try #require(configuration != text)
        try configuration.write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o600)
    }
}
