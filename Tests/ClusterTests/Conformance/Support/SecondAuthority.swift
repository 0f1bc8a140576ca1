internal import Foundation
internal import Testing

/// An issuing authority beside the cluster's own, made by openssl: with a root of its own, and two intermediates between
/// the root and the one that issues.
enum SecondAuthority {
    static let name = "elsewhere"

    /// How many certificates lead from the issuing one to the root, both counted.
    static let chainLength = 4

    /// Makes the files and adds the authority to the signer's configuration, before the signer starts.
    static func add(to cluster: TestCluster) async throws {
        let folder = "\(cluster.directory)/signer/authorities/\(name)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        try configuration.write(toFile: "\(folder)/ca.cnf", atomically: true, encoding: .utf8)
        try await make("root", subject: "Elsewhere Root", issuer: nil, in: folder)
        try await make("first", subject: "Elsewhere First Intermediate", issuer: "root", in: folder)
        try await make("second", subject: "Elsewhere Second Intermediate", issuer: "first", in: folder)
        try await make("certificate", subject: "Elsewhere Issuing", issuer: "second", in: folder)
        try FileManager.default.moveItem(atPath: "\(folder)/certificate.key", toPath: "\(folder)/key.pem")
        let chain = try ["second", "first", "root"].map {
            try String(contentsOfFile: "\(folder)/\($0).pem", encoding: .utf8)
        }
        try chain.joined().write(toFile: "\(folder)/chain.pem", atomically: true, encoding: .utf8)

        let path = "\(cluster.directory)/signer/configuration.yaml"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let own = "\nauthorities:\n  - name: devices\n"
        try #require(text.contains(own))
        try text.replacing(own, with: own + "  - name: \(name)\n")
            .write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// A key and a certificate for it.
    private static func make(_ file: String, subject: String, issuer: String?, in folder: String) async throws {
        var command = [
            "openssl", "req", "-x509", "-config", "\(folder)/ca.cnf", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=\(subject)",
            "-keyout", "\(folder)/\(file).key", "-out", "\(folder)/\(file).pem",
        ]
        if let issuer {
            command += ["-CA", "\(folder)/\(issuer).pem", "-CAkey", "\(folder)/\(issuer).key"]
        }
        try await CommandRun.text(command)
        chmod("\(folder)/\(file).key", 0o600)
    }

    private static let configuration = """
        [req]
        distinguished_name = name
        x509_extensions = authority
        [name]
        [authority]
        basicConstraints = critical, CA:TRUE
        keyUsage = critical, keyCertSign, cRLSign
        subjectKeyIdentifier = hash
        authorityKeyIdentifier = keyid
        """
}
