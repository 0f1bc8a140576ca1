internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TestRequests
internal import TestTLSClient
internal import Testing
internal import X509

/// E1 and E2: requests as clients make them, and what is none.
@Suite struct SimpleEnrollTests {
    private static let keys: [(name: String, options: [String])] = [
        ("p256", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        ("p384", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
        ("rsa2048", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
        ("rsa3072", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"]),
        ("rsa4096", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"]),
        ("ed25519", ["-algorithm", "ED25519"]),
    ]

    @Test(
        "E1: each kind of key gets exactly one certificate, for the request's key and names", arguments: keys.indices)
    func e1Keys(index: Int) async throws {
        let (name, options) = Self.keys[index]
        let cluster = try await ConformanceCluster.shared()
        let folder = "\(cluster.directory)/e1-\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try await CommandRun.text(["openssl", "genpkey", "-out", "\(folder)/key.pem"] + options)
        let secret = try await cluster.secret(uses: 2)
        let host = "e1-\(name).example.com"
        // As it stands in openssl's own configuration, and with names of its own.
        let requests = [
            ["-subj", "/CN=\(host)", "-reqexts", "v3_req"],
            [
                "-subj", "/O=Estuary/CN=\(host)", "-addext",
                "subjectAltName=DNS:\(host),IP:10.1.2.\(index),URI:urn:dev:e1:\(index)",
            ],
        ]
        for (number, request) in requests.enumerated() {
            let der = try await CommandRun.run(
                ["openssl", "req", "-new", "-key", "\(folder)/key.pem", "-outform", "DER"] + request)
            try #require(der.status == 0, "\(der.errors)")
            let response = try await cluster.send(.enroll(der.output, secret: secret))
            let certificate = try response.certificate()
            let asked = try CertificationRequest(derEncoded: Array(der.output))
            #expect(certificate.subject == asked.subject)
            let names = try certificate.extensions.subjectAlternativeNames
            #expect(names.map { Array($0) } == (number == 0 ? nil : [.dnsName(host)] + Self.otherNames(index)))
            #expect(try certificate.extensions.basicConstraints == .notCertificateAuthority)
            // The library's own eyes are not enough: openssl finds one certificate too, and it is for this key.
            let p7 = try await CommandRun.run(
                ["openssl", "pkcs7", "-inform", "DER", "-print_certs", "-out", "\(folder)/certificate.pem"],
                input: Data(try Base64Body.decode(response.body)))
            #expect(p7.status == 0, "\(p7.errors)")
            let pem = try String(contentsOfFile: "\(folder)/certificate.pem", encoding: .utf8)
            #expect(pem.components(separatedBy: "BEGIN CERTIFICATE").count == 2)
            #expect(try await OpenSSL.isCertificate("\(folder)/certificate.pem", forKey: "\(folder)/key.pem"))
        }
    }

    private static func otherNames(_ index: Int) -> [GeneralName] {
        [
            .ipAddress(ASN1OctetString(contentBytes: [10, 1, 2, UInt8(index)])),
            .uniformResourceIdentifier("urn:dev:e1:\(index)"),
        ]
    }

    /// What is wrong with a body, and a word of the answer.
    private static let malformed: [(name: String, word: String)] = [
        ("signature", "signature"), ("otherKey", "signature"), ("trailing", "trailing"), ("notBase64", "base64"),
        ("halfBase64", "base64"), ("text", "request"), ("certificate", "request"), ("binary", "base64"),
        ("foreignArmour", "armour"), ("empty", "empty"), ("blank", "empty"),
    ]

    private static func body(_ name: String, _ cluster: TestCluster) throws -> String {
        let request = TestRequest.device("e2-\(name).example.com")
        switch name {
        case "signature":
            var der = try request.der()
            der[der.count - 1] ^= 1
            return der.base64EncodedString()
        case "otherKey":
            var other = request
            other.publicKeyInfo = Array(TestRequest.keyInfo)
            return try other.der().base64EncodedString()
        case "trailing": return (try request.der() + [0]).base64EncodedString()
        case "notBase64": return "this is *not* base64, and it never was"
        case "halfBase64": return String(try request.der().base64EncodedString().dropLast(5))
        case "text": return Data("this is no certification request".utf8).base64EncodedString()
        case "certificate":
            let pem = try String(contentsOfFile: cluster.trustAnchor, encoding: .utf8)
            return pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined(separator: "\n")
        case "binary": return String(decoding: [0x30, 0x03, 0x02, 0x01, 0x00], as: UTF8.self)
        case "foreignArmour": return try String(contentsOfFile: cluster.trustAnchor, encoding: .utf8)
        case "blank": return " \r\n\t\r\n"
        default: return ""
        }
    }

    @Test("E2: what is no certification request is 400 and uses nothing", arguments: malformed.indices)
    func e2Malformed(index: Int) async throws {
        let (name, word) = Self.malformed[index]
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret()
        var request = TestHTTPRequest.enroll(try TestRequest.device("e2-\(name).example.com").der(), secret: secret)
        let good = request.body
        request.body = try Self.body(name, cluster)
        let connection = try await cluster.connect()
        let response = try await connection.perform(request)
        #expect(response.status == 400, "\(name)")
        #expect(response.text.lowercased().contains(word), "\(name): \(response.text)")
        #expect(response.header("Content-Type")?.hasPrefix("text/plain") == true)
        // 400 wins over a wrong secret.
        #expect(try await connection.perform(request.with("Authorization", "Bearer wrong")).status == 400)
        request.body = good
        _ = try await connection.perform(request).certificate()
    }

    @Test(
        "E2: the wrong media type is 415, parameters and case make no difference",
        arguments: [
            ("application/pkcs7-mime", 415), ("application/x-www-form-urlencoded", 415), ("text/plain", 415),
            ("application/pkcs10x", 415), ("application/pkcs10; charset=us-ascii", 200), ("Application/PKCS10", 200),
            (nil, 415),
        ] as [(String?, Int)])
    func e2MediaTypes(mediaType: String?, status: Int) async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret()
        let name = "e2-\(UInt32.random(in: .min ... .max)).example.com"
        let request = TestHTTPRequest.enroll(try TestRequest.device(name).der(), secret: secret)
        let response = try await cluster.send(request.with("Content-Type", mediaType))
        #expect(response.status == status)
        if status == 415 {
            #expect(response.text.contains("application/pkcs10"))
            // Also before anything is asked of the client.
            let bare = request.with("Content-Type", mediaType).with("Authorization", nil)
            #expect(try await cluster.send(bare).status == 415)
            _ = try await cluster.send(request).certificate()
        }
    }
}
