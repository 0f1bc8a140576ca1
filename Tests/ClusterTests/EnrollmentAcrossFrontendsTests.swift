internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import Testing
internal import X509

/// A signer, an auditor and three frontends as real processes, and devices that come over TLS.
@Suite struct EnrollmentAcrossFrontendsTests {
    @Test func threeHundredDevicesAtOnceGetThreeHundredCertificates() async throws {
        let cluster = try await TestCluster.running(frontends: 3)
        let secret = try cluster.firstSecret()
        // Half of the devices renew: they have their first certificates before the count starts.
        let renewing = try await concurrently(Array(1...150)) { number in
            let device = try TestDevice("renewing-\(number)", in: cluster)
            return (device, try await device.enroll(cluster, secret: secret).certificate())
        }
        try await cluster.waitUntilAudited()
        let before = try await cluster.events().count { $0.type == .issued }
        #expect(before == 150)

        async let enrolled = concurrently(Array(1...150)) { number in
            let device = try TestDevice("new-\(number)", in: cluster)
            let answer = try await device.enroll(cluster, secret: secret, frontend: number % 3 + 1)
            return try answer.certificate()
        }
        async let renewed = concurrently(Array(renewing.enumerated())) { index, holder in
            let (device, certificate) = holder
            // Every other one with a new key.
            let asking = index % 2 == 0 ? device : try device.rekeyed(in: cluster)
            let answer = try await asking.renew(cluster, with: certificate, of: device, frontend: index % 3 + 1)
            return try answer.certificate()
        }
        let certificates = try await enrolled + renewed
        #expect(certificates.count == 300)
        let serials = Set((certificates + renewing.map { $0.1 }).map { Array($0.serialNumber.bytes).hexadecimal })
        #expect(serials.count == 450)

        try await cluster.waitUntilAudited()
        let issued = try await cluster.events().filter { $0.type == .issued }.dropFirst(before)
        #expect(issued.count == 300)
        #expect(Set(issued.compactMap(\.serial)) == Set(certificates.map { Array($0.serialNumber.bytes).hexadecimal }))
        #expect(Set(issued.compactMap(\.node)) == ["frontend-1", "frontend-2", "frontend-3"])
        #expect(issued.count { $0.operation == "simplereenroll" } == 150)
    }

    @Test func theSameRequestTenTimesAtOnceIsOneCertificate() async throws {
        let cluster = try await TestCluster.running(frontends: 3)
        let id = try await newSecret(cluster, uses: 50)
        let device = try TestDevice("sensor-1", in: cluster)
        let answers = try await concurrently(Array(0..<10)) { index in
            try await device.enroll(cluster, secret: id.secret, frontend: index % 3 + 1)
        }
        #expect(answers.allSatisfy { $0.status == 200 })
        #expect(Set(try answers.map { try Array($0.certificate().derEncoded()) }).count == 1)
        try await cluster.waitUntilAudited()
        #expect(try await cluster.events().count { $0.type == .issued } == 1)
        #expect(try await uses(of: id.id, cluster) == 1)
    }

    @Test func twoKeysOneSecretOneNameIsOneCertificateAndOneRefusal() async throws {
        let cluster = try await TestCluster.running(frontends: 2)
        let secret = try cluster.firstSecret()
        let answers = try await concurrently([1, 2]) { frontend in
            try await TestDevice("sensor-1", in: cluster).enroll(cluster, secret: secret, frontend: frontend)
        }
        #expect(answers.map(\.status).sorted() == [200, 403])
        let refusal = try #require(answers.first { $0.status == 403 })
        #expect(refusal.text.contains("name held"))
        #expect(refusal.headers["www-authenticate"] == nil)
        try await cluster.waitUntilAudited()
        let events = try await cluster.events()
        #expect(events.count { $0.type == .issued } == 1)
        #expect(events.count { $0.type == .denied && $0.reason == "name-held" } == 1)
    }

    @Test func afterARevocationNeitherSecretNorOlderCertificateGetsAnother() async throws {
        let cluster = try await TestCluster.running()
        let secret = try cluster.firstSecret()
        let device = try TestDevice("sensor-1", in: cluster)
        let old = try await device.enroll(cluster, secret: secret).certificate()
        let new = try await device.renew(cluster, with: old, of: device).certificate()
        try await cluster.estuary("certificate", "revoke", Array(new.serialNumber.bytes).hexadecimal)

        let renewal = try await device.renew(cluster, with: old, of: device)
        #expect(renewal.status == 403)
        #expect(renewal.text.contains("revoked"))
        let sameKey = try await device.enroll(cluster, secret: secret)
        #expect(sameKey.status == 403)
        let newKey = try await device.rekeyed(in: cluster).enroll(cluster, secret: secret)
        #expect(newKey.status == 403)
        try await cluster.waitUntilAudited()
        #expect(try await cluster.events().count { $0.type == .issued } == 2)

        try await cluster.estuary("name", "release", "sensor-1")
        _ = try await device.rekeyed(in: cluster).enroll(cluster, secret: secret).certificate()
    }

    @Test func eachIssuedCertificateVerifiesWithTheTrustAnchorAlone() async throws {
        let cluster = try await TestCluster.running()
        let device = try TestDevice("sensor-1", in: cluster, alternativeNames: [.dnsName("sensor-1.example.com")])
        let certificate = try await device.enroll(cluster, secret: cluster.firstSecret()).certificate()
        let bag = try await Curl.get(cluster.url("cacerts"), ["--cacert", cluster.trustAnchor])
        #expect(bag.status == 200)
        let authorities = try CertsOnlyMessage.decode(try Base64Body.decode(bag.body)).map {
            try Certificate(derEncoded: $0)
        }
        #expect(authorities.count == 2)
        let folder = cluster.directory
        try certificate.serializeAsPEM().pemString.write(
            toFile: "\(folder)/leaf.pem", atomically: true, encoding: .utf8)
        try authorities.map { try $0.serializeAsPEM().pemString }.joined(separator: "\n")
            .write(toFile: "\(folder)/bag.pem", atomically: true, encoding: .utf8)
        let verified = try await CommandRun.text([
            "openssl", "verify", "-CAfile", cluster.trustAnchor, "-untrusted", "\(folder)/bag.pem", "-purpose",
            "sslclient", "\(folder)/leaf.pem",
        ])
        #expect(verified.contains("leaf.pem: OK"))
    }

    @Test func whatTheProfileForbidsIsRefusedWithTheRule() async throws {
        let cluster = try await TestCluster.running()
        let secret = try cluster.firstSecret()
        let name = try TestDevice("sensor-1", in: cluster, alternativeNames: [.dnsName("sensor-1.example.org")])
        let refusedName = try await name.enroll(cluster, secret: secret)
        #expect(refusedName.status == 403)
        #expect(refusedName.text.contains("subject-alternative-name.dns"))
        #expect(refusedName.text.contains("sensor-1.example.org"))

        let device = try TestDevice("sensor-2", in: cluster)
        let usage = try await device.enroll(
            cluster, secret: secret, extensions: Certificate.Extensions { try ExtendedKeyUsage([.serverAuth]) })
        #expect(usage.status == 403)
        #expect(usage.text.contains("extended-key-usage"))
        let validity = try await device.enroll(cluster, secret: secret, extensions: untilTheEndOfTheCentury())
        #expect(validity.status == 403)
        #expect(validity.text.contains("validity"))
        let key = try await TestDevice("sensor-3", in: cluster, key: .init(P521.Signing.PrivateKey()))
            .enroll(cluster, secret: secret)
        #expect(key.status == 403)
        #expect(key.text.contains("key.algorithm"))
        // A wrong secret learns nothing of all this.
        let unauthenticated = try await name.enroll(cluster, secret: "0123456789abcdef0123456789abcdef")
        let plain = try await device.enroll(cluster, secret: "0123456789abcdef0123456789abcdef")
        #expect(unauthenticated.status == 401 && unauthenticated.body == plain.body)
    }
}

/// Asks for a certificate until 2099: privateKeyUsagePeriod (2.5.29.16).
func untilTheEndOfTheCentury() throws -> Certificate.Extensions {
    let period: [UInt8] = [0x30, 0x11, 0x81, 0x0f] + Array("20990101000000Z".utf8)
    return try Certificate.Extensions([.init(oid: [2, 5, 29, 16], critical: false, value: period[...])])
}

/// Runs an operation for each element at once, at most 32 at a time; the results in the elements' order.
func concurrently<Element: Sendable, Result: Sendable>(
    _ elements: [Element], atOnce: Int = 32, _ body: @escaping @Sendable (Element) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results: [(Int, Result)] = []
        for (index, element) in elements.enumerated() {
            if index >= atOnce, let done = try await group.next() {
                results.append(done)
            }
            group.addTask { (index, try await body(element)) }
        }
        for try await done in group {
            results.append(done)
        }
        return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
}

/// A new secret for a label, and its identifier.
func newSecret(
    _ cluster: TestCluster, uses: Int, label: String = "default"
) async throws -> (id: String, secret: String) {
    struct Created: Decodable {
        struct Description: Decodable { var id: String }
        var secret: String
        var description: Description
    }
    let text = try await cluster.estuary("token", "create", "--label", label, "--uses", "\(uses)", "--json")
    let created = try JSONDecoder.facts.decode(Created.self, from: Data(text.utf8))
    return (created.description.id, created.secret)
}

/// How often a secret has been used.
func uses(of id: String, _ cluster: TestCluster) async throws -> Int {
    struct Listed: Decodable {
        var id: String
        var used: Int
    }
    let listed = try await cluster.estuary("token", "list", "--json")
    let secrets = try listed.split(separator: "\n").map {
        try JSONDecoder.facts.decode(Listed.self, from: Data($0.utf8))
    }
    return try #require(secrets.first { $0.id == id }).used
}
