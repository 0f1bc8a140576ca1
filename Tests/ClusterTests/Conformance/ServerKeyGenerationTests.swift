internal import ClusterProtocol
internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TestRequests
internal import Testing
internal import X509

/// Keys that the server makes, over the wire: curl asks, openssl looks at the answer (RFC 7030 §4.4).
@Suite struct ServerKeyGenerationTests {
    private static let everything = TestRequest.capabilities([
        TestRequest.aes256CBC, TestRequest.aes256Wrap, TestRequest.oaepSHA256, TestRequest.ecdhSHA256,
    ])

    private func name(_ what: String) -> String { "keygen-\(what)-\(UInt32.random(in: .min ... .max)).example.com" }

    // MARK: S1

    @Test(
        "S1: a key of the profile's kind and its certificate come in one answer",
        arguments: [
            ("p256", "prime256v1"), ("p384", "secp384r1"), ("ed25519", "ED25519"), ("rsa-2048", "2048 bit"),
            ("rsa-3072", "3072 bit"),
        ])
    func s1KeyAndCertificate(_ kind: String, _ shown: String) async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = name(kind)
        let label = "keygen-\(kind)"
        let answer = try await ServerKeyAnswer(
            ServerKeyAnswer.request(
                cluster, label: label, name: device, secret: cluster.secret(label: label, name: device)),
            in: cluster)
        #expect(answer.keyType == "application/pkcs8")
        let key = try await answer.writeKey()
        #expect(try await CommandRun.text(["openssl", "pkey", "-in", key, "-noout", "-text"]).contains(shown))
        try await answer.expectThatKeyMatches(cluster)
        let subject = try await CommandRun.text(["openssl", "x509", "-in", answer.certificate, "-noout", "-subject"])
        #expect(subject.contains(device))
        // It is good for what an enrolled certificate is: here for a renewal.
        let renewal = try await Curl.post(
            cluster.url("simplereenroll", label: label),
            body: CommandRun.run([
                "openssl", "req", "-new", "-key", key, "-subj", "/CN=\(device)", "-config", "/dev/null", "-utf8",
            ]).output,
            ["--cacert", cluster.trustAnchor, "--cert", answer.certificate, "--key", key])
        _ = try renewal.certificate()
    }

    @Test("S1: each answer has a fresh boundary") func s1Boundary() async throws {
        let cluster = try await ConformanceCluster.shared()
        var boundaries: Set<String> = []
        for index in 1...3 {
            let device = name("boundary-\(index)")
            let answer = try await ServerKeyAnswer(
                ServerKeyAnswer.request(
                    cluster, label: "keygen-p256", name: device,
                    secret: cluster.secret(label: "keygen-p256", name: device)), in: cluster)
            boundaries.insert(answer.boundary)
        }
        #expect(boundaries.count == 3)
    }

    @Test("S1: the request's own key and signature are not judged", arguments: [0, 1, 2])
    func s1OwnKey(_ index: Int) async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = name("own-key-\(index)")
        let answer = try await ServerKeyAnswer.request(
            cluster, label: "keygen-p256", name: device, secret: cluster.secret(label: "keygen-p256", name: device),
            change: { request in
                switch index {
                // A signature that nobody made, an empty key, a kind of key that is nowhere allowed.
                case 0: request.signature = [1, 2, 3]
                case 1: request.publicKeyInfo = TestRequest.sequence([])
                default:
                    request.publicKeyInfo = TestRequest.sequence([
                        TestRequest.algorithm("1.2.840.10040.4.1"), TestRequest.element(0x03, [0, 0x02, 0x01, 0x05]),
                    ])
                }
            })
        try await ServerKeyAnswer(answer, in: cluster).writeKey()
    }

    @Test("S1: everything else of the request is judged as at simpleenroll") func s1Rules() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(label: "keygen-p256", uses: 5)
        let (label, device) = ("keygen-p256", name("rules"))
        let foreign = try await ServerKeyAnswer.request(cluster, label: label, name: "a.example.org", secret: secret)
        #expect(foreign.status == 403 && foreign.text.contains("subject.common-name"))
        let usage = try await ServerKeyAnswer.request(
            cluster, label: label, name: device, secret: secret,
            change: { $0.extensions = [TestRequest.usages(["1.3.6.1.5.5.7.3.1"])] })
        #expect(usage.status == 403)
        #expect(try await ServerKeyAnswer.request(cluster, label: label, name: device).status == 401)
        #expect(try await ServerKeyAnswer.request(cluster, label: label, name: device, secret: "wrong").status == 401)
        let trailing = try await ServerKeyAnswer.request(
            cluster, label: label, name: device, secret: secret, change: { $0.trailing = [0] })
        #expect(trailing.status == 400)
        let bound = try await ServerKeyAnswer.request(
            cluster, label: label, name: device,
            attributes: [TestRequest.attribute("1.2.840.113549.1.9.7", [TestRequest.string(.utf8String, "other")])],
            secret: secret)
        #expect(bound.status == 400 && bound.text.contains("challengePassword"))
    }

    @Test("S1: a lost answer in clear is replaced by a fresh pair, or refused to a shared secret") func s1Lost()
        async throws
    {
        let cluster = try await ConformanceCluster.shared()
        let (own, shared) = (name("lost"), name("lost-shared"))
        let secret = try await cluster.secret(label: "keygen-p256", name: own)
        var certificates: Set<String> = []
        for frontend in 1...2 {
            let answer = try await ServerKeyAnswer(
                ServerKeyAnswer.request(cluster, label: "keygen-p256", name: own, secret: secret, frontend: frontend),
                in: cluster)
            try await answer.writeKey()
            try await answer.expectThatKeyMatches(cluster)
            certificates.insert(try String(contentsOfFile: answer.certificate, encoding: .utf8))
        }
        #expect(certificates.count == 2)
        let sharedSecret = try await cluster.secret(label: "keygen-p256", uses: 5)
        #expect(
            try await ServerKeyAnswer.request(cluster, label: "keygen-p256", name: shared, secret: sharedSecret).status
                == 200)
        let again = try await ServerKeyAnswer.request(
            cluster, label: "keygen-p256", name: shared, secret: sharedSecret, frontend: 2)
        #expect(again.status == 409)
    }

    // MARK: S2

    @Test("S2: a named symmetric key opens the message", arguments: [true, false])
    func s2NamedKey(_ brought: Bool) async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = name("kek")
        let kek = "\(device) key"
        let key: String
        if brought {
            key = (0..<32).map { _ in UInt8.random(in: .min ... .max) }.hexadecimal
            let file = "\(cluster.directory)/kek-\(UUID().uuidString)"
            try key.write(toFile: file, atomically: true, encoding: .utf8)
            try await TestCluster.estuary(["kek", "add", kek, "--key-file", file, "--state", cluster.directory])
        } else {
            key = try await TestCluster.estuary([
                "kek", "add", kek, "--label", "keygen-encrypted", "--device-name", device, "--state", cluster.directory,
            ]).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let list = try await TestCluster.estuary(["kek", "list", "--json", "--state", cluster.directory])
        #expect(list.contains(kek) && !list.contains(key))
        let secret = try await cluster.secret(label: "keygen-encrypted", name: device)
        let attributes = [TestRequest.decryptKeyIdentifier(kek.utf8), Self.everything]
        let answer = try await ServerKeyAnswer(
            ServerKeyAnswer.request(
                cluster, label: "keygen-encrypted", name: device, attributes: attributes, secret: secret), in: cluster)
        #expect(answer.keyType == "application/pkcs7-mime; smime-type=server-generated-key")
        let structure = try await answer.open(
            ["-secretkey", key, "-secretkeyid", Array(kek.utf8).hexadecimal], trusting: cluster.trustAnchor)
        #expect(structure.contains("d.kekri") && structure.contains("id-aes256-wrap"))
        #expect(structure.contains("aes-256-cbc") && structure.contains("contentType: pkcs7-signedData"))
        try await answer.expectThatKeyMatches(cluster)
        // The same request again, on another frontend: the same certificate and the same message.
        let again = try await ServerKeyAnswer(
            ServerKeyAnswer.request(
                cluster, label: "keygen-encrypted", name: device, attributes: attributes, secret: secret, frontend: 2),
            in: cluster)
        #expect(again.key == answer.key && again.boundary != answer.boundary)
        // Without the key there is no answer, also where there was one before.
        try await TestCluster.estuary(["kek", "remove", kek, "--state", cluster.directory])
        let removed = try await ServerKeyAnswer.request(
            cluster, label: "keygen-encrypted", name: device, attributes: attributes, secret: secret)
        #expect(removed.status == 403)
    }

    /// A device with a certificate that is for encryption too.
    private func recipient(
        _ cluster: TestCluster, _ key: Certificate.PrivateKey
    ) async throws -> (device: TestDevice, certificate: Certificate, arguments: [String]) {
        let device = try TestDevice(name("recipient"), in: cluster, key: key)
        let secret = try await cluster.secret(label: "keygen-recipient", name: device.name)
        let certificate = try await device.enroll(cluster, secret: secret, label: "keygen-recipient").certificate()
        let path = "\(device.folder)/own.pem"
        try certificate.serializeAsPEM().pemString.write(toFile: path, atomically: true, encoding: .utf8)
        return (device, certificate, ["--cert", path, "--key", "\(device.folder)/key.pem"])
    }

    private func attributes(for certificate: Certificate, _ list: [UInt8] = everything) throws -> [[UInt8]] {
        [
            TestRequest.asymmetricDecryptKeyIdentifier(
                try #require(try certificate.extensions.subjectKeyIdentifier).keyIdentifier), list,
        ]
    }

    @Test("S2: the device's own certificate opens the message: key agreement with an elliptic curve key")
    func s2EllipticCurve() async throws {
        let cluster = try await ConformanceCluster.shared()
        let (device, certificate, arguments) = try await recipient(cluster, .init(P256.Signing.PrivateKey()))
        let answer = try await ServerKeyAnswer(
            ServerKeyAnswer.request(
                cluster, label: "keygen-encrypted", name: device.name, attributes: attributes(for: certificate),
                arguments), in: cluster)
        #expect(answer.keyType == "application/pkcs7-mime; smime-type=server-generated-key")
        let structure = try await answer.open(
            ["-inkey", "\(device.folder)/key.pem", "-recip", "\(device.folder)/own.pem"],
            trusting: cluster.trustAnchor)
        #expect(structure.contains("d.kari") && structure.contains("dhSinglePass-stdDH-sha256kdf-scheme"))
        try await answer.expectThatKeyMatches(cluster)
    }

    static let transports: [(capability: [UInt8], shown: String)] = [
        (TestRequest.oaepSHA256, "algorithm: rsaesOaep"), (TestRequest.rsaEncryption, "algorithm: rsaEncryption"),
    ]

    @Test("S2: the device's own certificate opens the message: key transport to an RSA key", arguments: [0, 1])
    func s2RSA(_ index: Int) async throws {
        let cluster = try await ConformanceCluster.shared()
        let (capability, shown) = Self.transports[index]
        let (device, certificate, arguments) = try await recipient(
            cluster, .init(_RSA.Signing.PrivateKey(keySize: .bits2048)))
        let list = TestRequest.capabilities([TestRequest.aes256CBC, capability])
        let answer = try await ServerKeyAnswer(
            ServerKeyAnswer.request(
                cluster, label: "keygen-rsa-3072", name: device.name, attributes: attributes(for: certificate, list),
                arguments), in: cluster)
        let structure = try await answer.open(
            ["-inkey", "\(device.folder)/key.pem", "-recip", "\(device.folder)/own.pem"],
            trusting: cluster.trustAnchor)
        #expect(structure.contains("d.ktri") && structure.contains(shown), "\(structure)")
        try await answer.expectThatKeyMatches(cluster)
    }

    @Test("S2: an unknown key, another device's, or an unknown algorithm is refused, and no key comes")
    func s2Refusals() async throws {
        let cluster = try await ConformanceCluster.shared()
        let kek = name("bound-kek")
        let key = try await TestCluster.estuary([
            "kek", "add", kek, "--device-name", "another.example.com", "--state", cluster.directory,
        ])
        #expect(key.count == 65)
        let (own, _, arguments) = try await recipient(cluster, .init(P256.Signing.PrivateKey()))
        let (_, foreign, _) = try await recipient(cluster, .init(P256.Signing.PrivateKey()))
        let signing = try TestDevice(own.name, in: cluster)
        let signingOnly = try await signing.renew(
            cluster,
            with: Certificate(
                pemEncoded: String(contentsOfFile: "\(own.folder)/own.pem", encoding: .utf8)), of: own,
            label: "keygen-p256"
        ).certificate()
        let identifier = TestRequest.decryptKeyIdentifier("nobody".utf8)
        let cases: [(what: String, attributes: [[UInt8]], status: Int)] = [
            ("an unknown name", [identifier, Self.everything], 403),
            ("another device's named key", [TestRequest.decryptKeyIdentifier(kek.utf8), Self.everything], 403),
            ("an unknown certificate", [TestRequest.asymmetricDecryptKeyIdentifier([1, 2, 3]), Self.everything], 403),
            ("another device's certificate", try attributes(for: foreign), 403),
            ("a certificate for signatures only", try attributes(for: signingOnly), 403),
            ("no SMIMECapabilities", [identifier], 400),
            ("unknown algorithms", [identifier, TestRequest.capabilities([TestRequest.algorithm("1.2.3.4")])], 400),
            (
                "AES-128 only",
                [
                    identifier,
                    TestRequest.capabilities([
                        TestRequest.algorithm("2.16.840.1.101.3.4.1.2"),
                        TestRequest.algorithm("2.16.840.1.101.3.4.1.5"),
                    ]),
                ], 400
            ),
            ("both identifiers", [identifier, TestRequest.asymmetricDecryptKeyIdentifier([1]), Self.everything], 400),
        ]
        for (what, attributes, status) in cases {
            // Also on a label that sends keys in clear: never one that was to be encrypted.
            for label in ["keygen-p256", "keygen-encrypted"] {
                let answer = try await ServerKeyAnswer.request(
                    cluster, label: label, name: own.name, attributes: attributes, arguments)
                #expect(answer.status == status, "\(what): \(answer.text)")
                #expect(answer.headers["content-type"]?.hasPrefix("text/plain") == true, "\(what)")
            }
        }
    }

    @Test("S2: a label that sends encrypted keys only says so") func s2Required() async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = name("required")
        let secret = try await cluster.secret(label: "keygen-encrypted", name: device)
        let answer = try await ServerKeyAnswer.request(
            cluster, label: "keygen-encrypted", name: device, attributes: [Self.everything], secret: secret)
        #expect(answer.status == 400 && answer.text.contains("encrypted keys only"))
    }

    // MARK: S3

    @Test("S3: a label without it has no such operation") func s3Off() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret()
        let device = name("off")
        #expect(
            try await ServerKeyAnswer.request(cluster, label: "default", name: device, secret: secret).status == 404)
        #expect(try await ServerKeyAnswer.request(cluster, label: "default", name: device).status == 404)
        #expect(
            try await Curl.post(
                cluster.url("serverkeygen"), body: Data("AA==".utf8), ["--cacert", cluster.trustAnchor]
            ).status == 404)
    }

    @Test("S3: no key is in a log, an event, a table or a metric", arguments: ["p256", "ed25519", "rsa-2048"])
    func s3NowhereInClear(_ kind: String) async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = name("leak")
        let kek = name("leak-kek")
        let kekKey = try await TestCluster.estuary(["kek", "add", kek, "--state", cluster.directory])
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let label = "keygen-\(kind)"
        let plain = try await ServerKeyAnswer(
            ServerKeyAnswer.request(
                cluster, label: label, name: device, secret: cluster.secret(label: label, name: device)), in: cluster)
        let encryptedDevice = name("leak-encrypted")
        let encrypted = try await ServerKeyAnswer(
            ServerKeyAnswer.request(
                cluster, label: label, name: encryptedDevice,
                attributes: [TestRequest.decryptKeyIdentifier(kek.utf8), Self.everything],
                secret: cluster.secret(label: label, name: encryptedDevice)), in: cluster)
        _ = try await encrypted.open(
            ["-secretkey", kekKey, "-secretkeyid", Array(kek.utf8).hexadecimal], trusting: cluster.trustAnchor)
        let opened = try await CommandRun.run([
            "openssl", "pkcs8", "-topk8", "-nocrypt", "-in", "\(encrypted.folder)/key.pem", "-outform", "DER",
        ]).output
        try await cluster.waitUntilAudited()

        var places = try PlainKeySearch.files(of: cluster)
        places["audit list"] = Data(
            try await TestCluster.estuary(["audit", "list", "--json", "--state", cluster.directory]).utf8)
        for process in cluster.frontends + ["auditor"] {
            places["\(process)'s metrics"] = Data(try await cluster.metrics(process).utf8)
        }
        // Whatever is searched for can be found: the certificates are in the ledger.
        let certificate = try await CommandRun.run([
            "openssl", "x509", "-in", plain.certificate, "-outform", "DER",
        ]).output
        #expect(places.contains { $0.key.contains("ledger") && PlainKeySearch.find(certificate, in: $0.value) })
        let kekBytes = try #require(PlainKeySearch.bytes(kekKey))
        for secret in [plain.key, opened, kekBytes] {
            for needle in PlainKeySearch.needles(secret) {
                for (place, contents) in places {
                    #expect(!PlainKeySearch.find(needle, in: contents), "in \(place)")
                }
            }
        }
    }
}

/// Looks for a private key where none may be.
enum PlainKeySearch {
    /// Every file of the cluster's processes.
    static func files(of cluster: TestCluster) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for folder in ["signer", "auditor", "logs"] + cluster.frontends {
            let root = "\(cluster.directory)/\(folder)"
            for path in FileManager.default.enumerator(atPath: root)?.compactMap({ $0 as? String }) ?? [] {
                let file = "\(root)/\(path)"
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), !isFolder.boolValue,
                    let contents = FileManager.default.contents(atPath: file)
                else { continue }
                files["\(folder)/\(path)"] = contents
            }
        }
        return files
    }

    /// Whether the bytes occur.
    ///
    /// `Collection.firstRange` would need a minute for what the whole run has logged, and keep a thread of the pool from
    /// every other test.
    static func find(_ needle: Data, in contents: Data) -> Bool {
        contents.withUnsafeBytes { contents in
            needle.withUnsafeBytes { needle in
                guard let start = contents.baseAddress, let wanted = needle.baseAddress else { return false }
                var place = start
                let end = start + contents.count
                while place + needle.count <= end, let found = memchr(place, Int32(needle[0]), end - place) {
                    place = UnsafeRawPointer(found)
                    if place + needle.count <= end, memcmp(place, wanted, needle.count) == 0 { return true }
                    place += 1
                }
                return false
            }
        }
    }

    /// The key whole and its secret part, as bytes, in hexadecimal digits of both cases, and in base64 wherever that may
    /// begin.
    static func needles(_ key: Data) -> [Data] {
        let secret =
            switch key.count {
            case ...32: key
            // Ed25519 and P-256: behind the head of the structure; RSA: past the public part.
            case ..<60: key.dropFirst(16)
            case ..<200: key.dropFirst(36).prefix(32)
            default: key.suffix(200)
            }
        return [key, Data(secret)].flatMap { bytes in
            [bytes, Data(bytes.hexadecimal.utf8), Data(bytes.hexadecimal.uppercased().utf8)]
                + (0..<3).map { Data(bytes.dropFirst($0).base64EncodedString().dropLast(4).utf8) }
        }
    }

    static func bytes(_ hexadecimal: String) -> Data? {
        var bytes = Data()
        var rest = Substring(hexadecimal)
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
