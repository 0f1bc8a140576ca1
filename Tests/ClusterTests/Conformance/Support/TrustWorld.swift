internal import Crypto
internal import Foundation
internal import TestManufacturers
internal import X509

/// The authorities beside the cluster's own that the cases on trust, renewal and revocation need.
enum TrustWorld {
    /// Trusted on `trust-factory` and `trust-factory-secrets`, its intermediate configured, with a revocation list.
    static let acme = TestManufacturer.made("Acme")
    /// Trusted on `trust-other` only, its intermediate not configured.
    static let globex = TestManufacturer.made("Globex")
    /// Trusted nowhere.
    static let stranger = TestManufacturer.made("Stranger")

    /// The folder for the signer's copies of it.
    static func folder(_ cluster: TestCluster) -> String { "\(cluster.directory)/signer/manufacturers" }

    static func prepare(_ cluster: TestCluster) throws {
        try FileManager.default.createDirectory(atPath: folder(cluster), withIntermediateDirectories: true)
        for (name, text) in [
            ("acme-root.pem", try acme.root.pem), ("acme-issuing.pem", try acme.issuing.pem),
            ("globex-root.pem", try globex.root.pem),
        ] {
            try text.write(toFile: "\(folder(cluster))/\(name)", atomically: true, encoding: .utf8)
        }
        try write(list: acme.revocationList(of: []), cluster)
    }

    /// Puts a list of Acme's in the place of the one before, as a program that fetches it would.
    static func write(list: Data, _ cluster: TestCluster) throws {
        try list.write(to: URL(fileURLWithPath: "\(folder(cluster))/acme.crl"), options: .atomic)
    }
}

extension TestManufacturer {
    fileprivate static func made(_ name: String) -> TestManufacturer {
        do {
            return try TestManufacturer(name)
        } catch {
            preconditionFailure("no manufacturer could be made: \(error)")
        }
    }
}

extension TestDevice {
    /// A request with a certificate that the device did not get from this cluster, over TLS by curl.
    ///
    /// - Parameter chain: what it presents, its own certificate first.
    func ask(
        _ cluster: TestCluster, showing chain: [Certificate], operation: String = "simpleenroll",
        label: String? = nil, holder: TestDevice? = nil, frontend: Int = 1, secret: String? = nil,
        body: Data? = nil, _ arguments: [String] = []
    ) async throws -> Curl.Answer {
        let folder = (holder ?? self).folder
        let path = "\(folder)/\(UUID().uuidString).pem"
        try chain.map { try $0.pem }.joined().write(toFile: path, atomically: true, encoding: .utf8)
        return try await Curl.post(
            cluster.url(operation, label: label, frontend: frontend), body: body ?? certificationRequest(),
            ["--cacert", cluster.trustAnchor, "--cert", path, "--key", "\(folder)/key.pem"]
                + (secret.map { ["--user", ":\($0)"] } ?? []) + arguments)
    }
}
