internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TestTLSClient
internal import Testing
internal import X509

/// RFC 7030 §4.5 with RFC 8951 and RFC 9908: what a certification request should contain.
@Suite struct CSRAttributesTests {
    private static let kinds = ["p256", "p384", "rsa", "ed25519"]

    private static let template = "1.2.840.113549.1.9.16.2.61"
    private static let extensionRequest = "1.2.840.113549.1.9.14"
    private static let challengePassword = "1.2.840.113549.1.9.7"

    /// What `csrattrs` answers, by curl; DER.
    private func answer(_ cluster: TestCluster, _ label: String?) async throws -> [UInt8] {
        let answer = try await Curl.get(cluster.url("csrattrs", label: label), ["--cacert", cluster.trustAnchor])
        #expect(answer.status == 200)
        return Array(try #require(Data(base64Encoded: answer.body, options: .ignoreUnknownCharacters)))
    }

    /// The answer's elements: an object identifier each, and an attribute's values.
    private func elements(_ answer: [UInt8]) throws -> [(identifier: String, values: [ASN1Tree]?)] {
        try ASN1Tree(answer).children.map { element in
            guard element.isSequence else { return (try element.identifier, nil) }
            #expect(try element.children.count == 2)
            return (try element.child(0).identifier, try element.child(1).children)
        }
    }

    // MARK: A1

    @Test("A1: 200, application/csrattrs, base64 DER for each label", arguments: [nil] + kinds.map { "csrattrs-\($0)" })
    func a1(_ label: String?) async throws {
        let cluster = try await ConformanceCluster.shared()
        let answer = try await Curl.get(cluster.url("csrattrs", label: label), ["--cacert", cluster.trustAnchor])
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/csrattrs")
        #expect(answer.headers["content-transfer-encoding"] == "base64")
        #expect(answer.headers["content-length"] == "\(answer.body.count)")
        let lines = answer.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last == "" && lines.dropLast(2).allSatisfy { $0.count == 64 } && lines.count > 2)
        let der = try #require(Data(base64Encoded: answer.body, options: .ignoreUnknownCharacters))
        let parsed = try await CommandRun.run(["openssl", "asn1parse", "-inform", "DER"], input: der)
        #expect(parsed.status == 0, "\(parsed.errors)")
        // A client that sends neither User-Agent nor Accept gets the same in one line.
        let path = ["/.well-known/est", label, "csrattrs"].compactMap { $0 }.joined(separator: "/")
        let plain = try await cluster.send(.get(path), frontend: 2)
        #expect(plain.text == der.base64EncodedString() + "\n")
    }

    @Test("A1: labels of different profiles get different answers, and the same from each frontend")
    func a1Profiles() async throws {
        let cluster = try await ConformanceCluster.shared()
        var answers: Set<[UInt8]> = []
        for kind in Self.kinds {
            let first = try await answer(cluster, "csrattrs-\(kind)")
            answers.insert(first)
            let second = try await Curl.get(
                cluster.url("csrattrs", label: "csrattrs-\(kind)", frontend: 2), ["--cacert", cluster.trustAnchor])
            #expect(Data(base64Encoded: second.body, options: .ignoreUnknownCharacters).map(Array.init) == first)
        }
        #expect(answers.count == Self.kinds.count)
    }

    @Test("A1: nothing to say is 204")
    func a1Nothing() async throws {
        let cluster = try await ConformanceCluster.shared()
        let response = try await cluster.send(.get("/.well-known/est/csrattrs-silent/csrattrs"))
        #expect(response.status == 204)
        #expect(response.body.isEmpty)
        #expect(response.header("content-length") == nil)
        #expect(response.header("content-type") == nil)
    }

    // MARK: A2

    @Test(
        "A2: the key type is one attribute, with its curve or its size",
        arguments: zip(
            kinds,
            [
                ("1.2.840.10045.2.1", "06082a8648ce3d030107"), ("1.2.840.10045.2.1", "06052b81040022"),
                ("1.2.840.113549.1.1.1", "02020c00"), ("1.3.101.112", ""),
            ]))
    func a2Key(_ kind: String, _ expected: (identifier: String, value: String)) async throws {
        let cluster = try await ConformanceCluster.shared()
        let elements = try elements(try await answer(cluster, "csrattrs-\(kind)"))
        let keyTypes = ["1.2.840.10045.2.1", "1.2.840.113549.1.1.1", "1.3.101.112"]
        let attributes = elements.filter { keyTypes.contains($0.identifier) && $0.values != nil }
        #expect(attributes.map(\.identifier) == [expected.identifier])
        #expect(attributes.first?.values?.map { $0.encoded.hexadecimal }.joined() == expected.value)
    }

    @Test("A2: one extension request, no extension twice, every value as the profile has it", arguments: kinds)
    func a2Extensions(_ kind: String) async throws {
        let cluster = try await ConformanceCluster.shared()
        let elements = try elements(try await answer(cluster, "csrattrs-\(kind)"))
        let requests = elements.filter { $0.identifier == Self.extensionRequest }
        #expect(requests.count == 1)
        let values = try #require(requests.first?.values)
        #expect(values.count == 1)
        let extensions = try #require(try values.first?.children).map { Array($0.encoded) }
        let usage = kind == "rsa" ? "300e0603551d0f0101ff0404030205a0" : "300e0603551d0f0101ff040403020780"
        let extendedUsage = "301d0603551d250416301406082b0601050507030206082b06010505070311"
        #expect(extensions.map(\.hexadecimal) == [usage, extendedUsage])
        // What has no value to give is listed by its identifier; nothing is listed in both ways, nor twice.
        let identifiers = elements.filter { $0.values == nil }.map(\.identifier)
        #expect(identifiers.contains("2.5.29.17"))
        #expect(!identifiers.contains("2.5.29.15") && !identifiers.contains("2.5.29.37"))
        #expect(Set(identifiers).count == identifiers.count)
    }

    // MARK: A3

    @Test("A3: challengePassword is listed where a channel binding is required, and only there", arguments: kinds)
    func a3(_ kind: String) async throws {
        let cluster = try await ConformanceCluster.shared()
        for (label, isListed) in [("csrattrs-\(kind)-bound", true), ("csrattrs-\(kind)", false)] {
            let elements = try elements(try await answer(cluster, label))
            #expect(elements.contains { $0.identifier == Self.challengePassword && $0.values == nil } == isListed)
            let template = try #require(elements.last { $0.identifier == Self.template }?.values?.first)
            let attributes = try #require(try template.children.last).children
            #expect(try attributes.contains { try $0.child(0).identifier == Self.challengePassword } == isListed)
        }
    }

    // MARK: A4

    @Test("A4: the template stands in the answer once, as RFC 9908 has it")
    func a4() async throws {
        let cluster = try await ConformanceCluster.shared()
        let bound = try elements(try await answer(cluster, "csrattrs-p256-bound"))
        #expect(bound.count { $0.identifier == Self.template } == 1)
        let values = try #require(bound.last?.values)
        #expect(bound.last?.identifier == Self.template && values.count == 1)
        let dump = try await CommandRun.run(
            ["openssl", "asn1parse", "-inform", "DER"], input: Data(try #require(values.first).encoded))
        let lines = dump.text.split(separator: "\n").map { line in
            let depth = line.firstMatch(of: #/d=(\d+)/#).flatMap { Int($0.output.1) } ?? 0
            let rest = line.split(separator: "cons: ").last?.split(separator: "prim: ").last ?? ""
            return String(repeating: "  ", count: depth)
                + rest.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        #expect(lines.joined(separator: "\n") == Self.templateDump)
    }

    private static let templateDump = """
        SEQUENCE
          INTEGER :00
          SEQUENCE
            SET
              SEQUENCE
                OBJECT :organizationName
                UTF8STRING :Example (Fleet)
            SET
              SEQUENCE
                OBJECT :commonName
          cont [ 0 ]
            SEQUENCE
              OBJECT :id-ecPublicKey
              OBJECT :prime256v1
          cont [ 1 ]
            SEQUENCE
              OBJECT :challengePassword
              SET
            SEQUENCE
              OBJECT :1.2.840.113549.1.9.16.2.62
              SET
                SEQUENCE
                  SEQUENCE
                    OBJECT :X509v3 Key Usage
                    BOOLEAN :255
                    OCTET STRING [HEX DUMP]:03020780
                  SEQUENCE
                    OBJECT :X509v3 Extended Key Usage
                    OCTET STRING [HEX DUMP]:301406082B0601050507030206082B06010505070311
                  SEQUENCE
                    OBJECT :X509v3 Subject Alternative Name
        """

    @Test("A4: a label may answer with the template alone; an open address is an empty one")
    func a4Forms() async throws {
        let cluster = try await ConformanceCluster.shared()
        let alone = try elements(try await answer(cluster, "csrattrs-template"))
        #expect(alone.map(\.identifier) == [Self.template])
        let address = try elements(try await answer(cluster, "csrattrs-address"))
        let template = try #require(address.last?.values?.first)
        // Every extension has a value, so that this is an ordinary extension request (RFC 9908 §3.4).
        let attribute = try #require(try template.children.last).child(0)
        #expect(try attribute.child(0).identifier == Self.extensionRequest)
        let names = try attribute.child(1).child(0).children.filter { try $0.child(0).identifier == "2.5.29.17" }
        #expect(try names.map { try $0.child(1).content.hexadecimal } == ["30028700"])
    }

    // MARK: A5

    @Test(
        "A5: a request made from the answer is accepted, by a client that knows one of its forms",
        arguments: kinds, CSRAttributesDevice.Language.allCases)
    func a5(_ kind: String, _ language: CSRAttributesDevice.Language) async throws {
        let cluster = try await ConformanceCluster.shared()
        let name = "a5-\(kind)-\(language).csrattrs.example.com"
        let device = try CSRAttributesDevice(name, try await answer(cluster, "csrattrs-\(kind)"), language)
        #expect(!device.needsChallengePassword)
        let secret = try await cluster.secret(label: "csrattrs-\(kind)")
        let issued = try await Curl.post(
            cluster.url("simpleenroll", label: "csrattrs-\(kind)"),
            body: Data(try device.request().base64EncodedString().utf8),
            ["--cacert", cluster.trustAnchor, "--user", ":\(secret)"])
        try expect(issued.certificate(), kind: kind, name: name)
        if language == .legacy {
            let signed = ["1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.113549.1.1.11", "1.3.101.112"]
            #expect(device.signatureAlgorithm == Dictionary(uniqueKeysWithValues: zip(Self.kinds, signed))[kind])
        }
    }

    @Test(
        "A5: where the answer asks for a channel binding, a request with it is accepted and one without is not",
        arguments: ["p256", "ed25519"], CSRAttributesDevice.Language.allCases)
    func a5Bound(_ kind: String, _ language: CSRAttributesDevice.Language) async throws {
        let cluster = try await ConformanceCluster.shared()
        let label = "csrattrs-\(kind)-bound"
        let name = "a5-bound-\(kind)-\(language).csrattrs.example.com"
        let device = try CSRAttributesDevice(name, try await answer(cluster, label), language)
        #expect(device.needsChallengePassword)
        let secret = try await cluster.secret(label: label)
        let connection = try await cluster.connect()
        let unbound = try await connection.perform(.enroll(device.request(), label: label, secret: secret))
        #expect(unbound.status == 400)
        let binding = Data(try #require(connection.channelBinding)).base64EncodedString()
        let bound = try await connection.perform(
            .enroll(device.request(challengePassword: binding), label: label, secret: secret))
        await connection.close()
        #expect(bound.status == 200, "\(bound.text)")
        let certificates = try CertsOnlyMessage.decode(try Base64Body.decode(bound.body))
        try expect(Certificate(derEncoded: try #require(certificates.first)), kind: kind, name: name)
    }

    @Test("A5: an address of the device's own in the place that the template leaves open is accepted")
    func a5Address() async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try CSRAttributesDevice("a5-address", try await answer(cluster, "csrattrs-address"), .template)
        let secret = try await cluster.secret(label: "csrattrs-address")
        let issued = try await cluster.send(.enroll(device.request(), label: "csrattrs-address", secret: secret))
        #expect(issued.status == 200, "\(issued.text)")
    }

    /// That a certificate is what the profile `csrattrs-KIND` issues to the name.
    private func expect(_ certificate: Certificate, kind: String, name: String) throws {
        #expect(certificate.subject.description == "CN=\(name),O=Example (Fleet)")
        let names = try certificate.extensions.subjectAlternativeNames.map(Array.init)
        #expect(names == [.dnsName(name)])
        let usages = try certificate.extensions.extendedKeyUsage.map(Array.init)
        #expect(usages == [.clientAuth, .init(oid: [1, 3, 6, 1, 5, 5, 7, 3, 17])])
        #expect(
            try certificate.extensions.keyUsage
                == KeyUsage(digitalSignature: true, keyEncipherment: kind == "rsa"))
        let keyInfo = try certificate.publicKey.derEncoded().hexadecimal
        let algorithms = [
            "p256": "06082a8648ce3d030107", "p384": "06052b81040022", "rsa": "06092a864886f70d010101",
            "ed25519": "06032b6570",
        ]
        #expect(keyInfo.contains(try #require(algorithms[kind])))
        if kind == "rsa" { #expect(keyInfo.count == 2 * 422) }
    }
}

extension Certificate.PublicKey {
    fileprivate func derEncoded() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(self)
        return serializer.serializedBytes
    }
}
