internal import Crypto
internal import Foundation
internal import NIOSSL
internal import PKI
internal import TestManufacturers
internal import TestTLSClient
internal import Testing
internal import X509

/// What a revoked device can still do: nothing (cases V1, V2).
@Suite struct RevokedDeviceTests {
    private func revoke(_ certificate: Certificate, _ arguments: String..., in cluster: TestCluster) async throws {
        let serial = Array(certificate.serialNumber.bytes).hexadecimal
        try await TestCluster.estuary(["certificate", "revoke", serial, "--state", cluster.directory] + arguments)
    }

    @Test("V1: after the newest certificate's revocation the older one, secret, key and name are 403 until released")
    func v1Lineage() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(uses: 20)
        let device = try TestDevice("va-1.example.com", in: cluster)
        let old = try await device.enroll(cluster, secret: secret).certificate()
        let newer = try device.rekeyed(in: cluster)
        let new = try await newer.renew(cluster, with: old, of: device).certificate()
        try await revoke(new, in: cluster)

        func attempts() async throws -> [(String, Curl.Answer)] {
            [
                ("the older certificate", try await device.renew(cluster, with: old, of: device)),
                ("the newest", try await newer.renew(cluster, with: new, of: newer)),
                (
                    "the older one on simpleenroll",
                    try await device.renew(cluster, with: old, of: device, operation: "simpleenroll")
                ),
                (
                    "the secret with the same key",
                    try await TestDevice("va-2.example.com", in: cluster, key: newer.key)
                        .enroll(cluster, secret: secret)
                ),
                (
                    "the secret with the older key",
                    try await TestDevice("va-3.example.com", in: cluster, key: device.key)
                        .enroll(cluster, secret: secret)
                ),
                (
                    "the secret with the same name",
                    try await device.rekeyed(in: cluster).enroll(cluster, secret: secret, frontend: 2)
                ),
                ("the very same request", try await device.enroll(cluster, secret: secret)),
            ]
        }
        for (what, answer) in try await attempts() {
            #expect(answer.status == 403, "\(what): \(answer.text)")
            #expect(answer.headers["www-authenticate"] == nil)
        }
        try await cluster.estuary("name", "release", "va-1.example.com")
        _ = try await device.rekeyed(in: cluster).enroll(cluster, secret: secret).certificate()
        // What was revoked stays revoked.
        #expect(try await newer.renew(cluster, with: new, of: newer).status == 403)
    }

    @Test("V1: a revoked device's manufacturer certificate is 403 until the device is released")
    func v1Manufacturer() async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try TestDevice("VB-1.trust.example.com", in: cluster)
        let made = try TrustWorld.acme.issue(.init(serialNumber: "VB-1"), key: device.key.publicKey)
        func enroll(_ asking: TestDevice) async throws -> Curl.Answer {
            try await asking.ask(cluster, showing: [made], label: "trust-factory", holder: device)
        }
        let first = try await enroll(device).certificate()
        // The same device with a new key: its name is its own.
        let second = try await enroll(try device.rekeyed(in: cluster)).certificate()
        #expect(second.publicKey != first.publicKey)
        try await revoke(second, in: cluster)
        // With its key and with new ones, under its name and under another one that the rule gives.
        let other = try TestDevice(
            device.name, in: cluster, alternativeNames: [.dnsName("VB-1-b.trust.example.com")])
        for asking in [device, try device.rekeyed(in: cluster), other] {
            let answer = try await enroll(asking)
            #expect(answer.status == 403, "\(answer.text)")
            #expect(answer.text.contains("revoked"))
        }
        // Another device of the maker is not meant.
        let sound = try TestDevice("VB-2.trust.example.com", in: cluster)
        let another = try TrustWorld.acme.issue(.init(serialNumber: "VB-2"), key: sound.key.publicKey)
        _ = try await sound.ask(cluster, showing: [another], label: "trust-factory").certificate()

        try await cluster.estuary("name", "release", "vb-1.trust.example.com")
        _ = try await enroll(try device.rekeyed(in: cluster)).certificate()
    }

    @Test("V1: a key revoked for keyCompromise is 403 on every label, for ever")
    func v1KeyCompromise() async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try TestDevice("vc-1", in: cluster)
        let certificate = try await device.enroll(cluster, secret: try await cluster.secret()).certificate()
        try await revoke(certificate, "--reason", "keyCompromise", in: cluster)
        try await cluster.estuary("name", "release", "vc-1")
        // Labels of the same authority, of another one, and of a manufacturer.
        for label in ["default", "renew-names", "renew-former", "trust-keys"] {
            let asking = try TestDevice("vc-2", in: cluster, key: device.key)
            let secret = try await cluster.secret(label: label)
            let answer = try await asking.enroll(cluster, secret: secret, label: label == "default" ? nil : label)
            #expect(answer.status == 403, "\(label): \(answer.text)")
            #expect(answer.text.contains("compromised"))
        }
        let named = try TestDevice("VC-3.trust.example.com", in: cluster, key: device.key)
        let made = try TrustWorld.acme.issue(.init(serialNumber: "VC-3"), key: device.key.publicKey)
        #expect(try await named.ask(cluster, showing: [made], label: "trust-factory").status == 403)
        // The name is free for another key.
        let renamed = try TestDevice("vc-1", in: cluster)
        _ = try await renamed.enroll(cluster, secret: try await cluster.secret()).certificate()
    }

    @Test("V2: on a kept connection the next request after the revocation is 403", arguments: ["1.2", "1.3"])
    func v2KeptConnection(version: String) async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try TestDevice("vd-\(version == "1.2" ? 1 : 2)", in: cluster)
        let certificate = try await device.enroll(cluster, secret: try await cluster.secret()).certificate()
        var options = try TestConnection.Options(certificate: [certificate], key: device.key)
        options.minimum = version == "1.2" ? .tlsv12 : .tlsv13
        options.maximum = options.minimum
        let connection = try await cluster.connect(options)
        func request(_ operation: String) throws -> TestHTTPRequest {
            let der = try #require(Data(base64Encoded: device.certificationRequest()))
            return .enroll(der, operation: operation, secret: nil)
        }
        #expect(try await connection.perform(try request("simplereenroll")).status == 200)
        try await revoke(certificate, in: cluster)
        for operation in ["simplereenroll", "simpleenroll"] {
            let answer = try await connection.perform(try request(operation))
            #expect(answer.status == 403)
            #expect(answer.text.contains("revoked"))
        }
        #expect(try await connection.perform(.get("/.well-known/est/cacerts")).status == 200)
        await connection.close()
    }

    @Test("V2: on a resumed session the next request after the revocation is 403", arguments: ["1_2", "1_3"])
    func v2ResumedSession(version: String) async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try TestDevice("ve-\(version == "1_2" ? 1 : 2)", in: cluster)
        let certificate = try await device.enroll(cluster, secret: try await cluster.secret()).certificate()
        try certificate.pem.write(toFile: "\(device.folder)/certificate.pem", atomically: true, encoding: .utf8)
        let client = OpenSSLClient(port: try cluster.port())
        let session = "\(device.folder)/session.pem"
        func exchange(_ options: [String]) async throws -> String {
            let der = try #require(Data(base64Encoded: device.certificationRequest()))
            let text = TestHTTPRequest.enroll(der, operation: "simplereenroll", secret: nil)
                .with("Connection", "close").text
            return try await client.exchange(
                [
                    "-tls\(version)", "-CAfile", cluster.trustAnchor, "-cert", "\(device.folder)/certificate.pem",
                    "-key", "\(device.folder)/key.pem",
                ] + options, request: { _ in text })
        }
        let first = try await exchange(["-sess_out", session])
        #expect(first.contains("HTTP/1.1 200"), "\(first)")
        try await revoke(certificate, in: cluster)
        let second = try await exchange(["-sess_in", session])
        #expect(second.contains("Reused, "), "\(second)")
        #expect(second.contains("HTTP/1.1 403"), "\(second)")
        #expect(second.contains("revoked"))
    }
}
