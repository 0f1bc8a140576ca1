internal import ClusterProtocol
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import Testing
internal import X509

/// A fleet moves from one issuing authority to the next, while every process runs on.
@Suite struct AuthorityRotationTests {
    @Test func aFleetMovesToANewAuthorityAndNothingIsRestarted() async throws {
        let cluster = try await TestCluster.running()
        let processes = try (["auditor", "signer"] + cluster.frontends).map { try cluster.process($0).identifier }
        let secret = try cluster.firstSecret()
        let mover = try TestDevice("mover.example.com", in: cluster)
        let stayer = try TestDevice("stayer.example.com", in: cluster)
        let old = try await mover.enroll(cluster, secret: secret).certificate()
        let stayed = try await stayer.enroll(cluster, secret: secret).certificate()

        try await cluster.estuary("ca", "add", "devices-2", "--root-directory", "\(cluster.directory)/root")
        try cluster.write(
            policy: try cluster.policy().replacing(
                "    authority: devices\n", with: "    authority: devices-2\n    predecessors: [devices]\n"))
        try await cluster.estuary("reload")
        #expect(try await names(cluster) == ["devices", "devices-2"])

        let renewed = try await mover.renew(cluster, with: old, of: mover).certificate()
        let fresh = try await TestDevice("fresh.example.com", in: cluster).enroll(cluster, secret: secret)
            .certificate()
        #expect(renewed.issuer != old.issuer && fresh.issuer == renewed.issuer)
        #expect("\(renewed.issuer)".contains("devices-2"))
        let world = try RollOverWorld(cluster)
        try await wait("cacerts has the new authority") {
            try await world.bag(trusting: cluster.trustAnchor).contains { $0.subject == renewed.issuer }
        }
        let bag = try await world.bag(trusting: cluster.trustAnchor)
        // What the old authority has issued verifies as before.
        for certificate in [renewed, fresh, stayed] {
            #expect(try await world.verifies(certificate, trusting: cluster.trustAnchor, with: bag))
        }
        // Who has not moved yet.
        let waiting = try await cluster.estuary("device", "list", "--authority", "devices", "--json")
        #expect(waiting.contains("stayer.example.com") && !waiting.contains("mover.example.com"))
        #expect(waiting.split(separator: "\n").count == 1)

        // Both authorities tell of revocations.
        for (certificate, authority) in [(stayed, "devices"), (fresh, "devices-2")] {
            let serial = Array(certificate.serialNumber.bytes).hexadecimal
            try await cluster.estuary("certificate", "revoke", serial)
            try await wait("the CRL of \(authority) has it") {
                try await list(authority, cluster).uppercased().contains(serial.uppercased())
            }
            let issuer = "\(cluster.directory)/signer/authorities/\(authority)/certificate.pem"
            let status = try await status(of: certificate, issuer: issuer, authority, cluster)
            #expect(status.contains(": revoked"), "\(status)")
        }
        let good = try await status(
            of: renewed, issuer: "\(cluster.directory)/signer/authorities/devices-2/certificate.pem", "devices-2",
            cluster)
        #expect(good.contains(": good"), "\(good)")

        // The frontend's own certificate is of the new authority too; nobody was restarted for any of it.
        try await wait("the frontend's certificate is of the new authority", limit: .seconds(60)) {
            let shown = try await CommandRun.run(
                ["openssl", "s_client", "-connect", cluster.address(), "-servername", "localhost"], input: Data())
            return shown.text.contains("devices-2")
        }
        #expect(
            try (["auditor", "signer"] + cluster.frontends).map { try cluster.process($0).identifier } == processes)
        #expect(try (["auditor", "signer"] + cluster.frontends).allSatisfy { try cluster.process($0).isRunning })
        try await cluster.waitUntilAudited()
        let applied = try await cluster.events().filter { $0.type == .configurationApplied }
        #expect(applied.last?.remarks?.map { $0.components(separatedBy: " ")[1] } == ["devices", "devices-2"])

        // Once nobody needs the old one, it goes.
        try cluster.write(policy: try cluster.policy().replacing("    predecessors: [devices]\n", with: ""))
        let path = "\(cluster.directory)/signer/configuration.yaml"
        try String(contentsOfFile: path, encoding: .utf8).replacing("  - name: devices\n", with: "")
            .write(toFile: path, atomically: true, encoding: .utf8)
        try await cluster.estuary("reload")
        #expect(try await names(cluster) == ["devices-2"])
        let refused = try await mover.renew(cluster, with: old, of: mover)
        #expect(refused.status == 403)
        let again = try await mover.renew(cluster, with: renewed, of: mover).certificate()
        #expect(again.issuer == renewed.issuer)
    }

    @Test func aRootOfTheOperatorsOwnCertifiesAnAuthority() async throws {
        let cluster = try await TestCluster.running()
        let folder = "\(cluster.directory)/own"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let request = try await cluster.estuary("ca", "request", "own", "--organization", "Operator")
        try request.write(toFile: "\(folder)/request.pem", atomically: true, encoding: .utf8)
        try await CommandRun.text([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-days", "30",
            "-subj", "/CN=The operator's root", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout",
            "\(folder)/root.key", "-out", "\(folder)/root.pem",
        ])
        try await CommandRun.text([
            "openssl", "x509", "-req", "-in", "\(folder)/request.pem", "-CA", "\(folder)/root.pem", "-CAkey",
            "\(folder)/root.key", "-days", "20", "-copy_extensions", "copyall", "-out", "\(folder)/own.pem",
        ])
        // Without the root, and then with it.
        let incomplete = try await CommandRun.run([
            "\(TestCluster.executables)/estuary", "ca", "import", "own", "\(folder)/own.pem", "--state",
            cluster.directory,
        ])
        #expect(incomplete.status == 1 && incomplete.errors.contains("does not lead"), "\(incomplete.errors)")
        let chain = try ["own", "root"].map { try String(contentsOfFile: "\(folder)/\($0).pem", encoding: .utf8) }
        try chain.joined().write(toFile: "\(folder)/chain.pem", atomically: true, encoding: .utf8)
        try await cluster.estuary("ca", "import", "own", "\(folder)/chain.pem")
        try cluster.write(
            policy: try cluster.policy() + """

                  - name: own
                    authority: own
                    profile: device
                    authentication: [secret]

                """)
        try await cluster.estuary("reload")
        let secret = try await cluster.secret(label: "own")
        try await wait("the frontend serves the label") {
            try await Curl.get(cluster.url("cacerts", label: "own"), ["--cacert", cluster.trustAnchor]).status == 200
        }
        let certificate = try await TestDevice("own.example.com", in: cluster)
            .enroll(cluster, secret: secret, label: "own").certificate()
        let world = try RollOverWorld(cluster)
        let issuing = try RollOverWorld.certificates("\(folder)/own.pem")
        #expect(try await world.verifies(certificate, trusting: "\(folder)/root.pem", with: issuing))
        #expect(try await world.verifies(certificate, trusting: cluster.trustAnchor, with: issuing))
    }

    private struct Facts: Decodable { var name: String }

    /// The authorities as `ca show` has them.
    private func names(_ cluster: TestCluster) async throws -> [String] {
        try await cluster.estuary("ca", "show", "--json").split(separator: "\n")
            .map { try JSONDecoder.facts.decode(Facts.self, from: Data($0.utf8)).name }
    }

    private func list(_ authority: String, _ cluster: TestCluster) async throws -> String {
        let answer = try await Curl.get(
            "https://\(cluster.address())/crl/\(authority).crl", ["--cacert", cluster.trustAnchor])
        return try await CommandRun.run(["openssl", "crl", "-inform", "DER", "-noout", "-text"], input: answer.body)
            .text
    }

    /// What `openssl ocsp` says of a certificate, asked over the frontend.
    private func status(
        of certificate: Certificate, issuer: String, _ authority: String, _ cluster: TestCluster
    ) async throws -> String {
        let path = "\(cluster.directory)/\(UUID().uuidString)"
        try certificate.serializeAsPEM().pemString.write(toFile: "\(path).pem", atomically: true, encoding: .utf8)
        try await CommandRun.text([
            "openssl", "ocsp", "-issuer", issuer, "-cert", "\(path).pem", "-no_nonce", "-reqout", "\(path).request",
        ])
        var text = ""
        try await wait("OCSP answers for \(authority)") {
            let answer = try await Curl.post(
                "https://\(cluster.address())/ocsp/\(authority)",
                body: Data(contentsOf: URL(fileURLWithPath: "\(path).request")),
                contentType: "application/ocsp-request", ["--cacert", cluster.trustAnchor])
            try answer.body.write(to: URL(fileURLWithPath: "\(path).response"))
            let run = try await CommandRun.run([
                "openssl", "ocsp", "-issuer", issuer, "-cert", "\(path).pem", "-no_nonce", "-respin",
                "\(path).response", "-CAfile", cluster.trustAnchor, "-verify_other", issuer,
            ])
            text = run.text + run.errors
            return answer.status == 200 && text.contains("Response verify OK")
        }
        return text
    }
}
