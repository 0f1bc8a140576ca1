internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import Testing
internal import X509

/// A stolen frontend with a valid CURVE key, and no device's key (design §1): what it gets, and what it leaves behind.
@Suite struct IsolationTests {
    /// The cluster of each test: a label that renews with any key, one that insists on the same, and one more.
    private static func cluster() async throws -> TestCluster {
        let cluster = try await TestCluster(frontends: 2)
        let policy = try cluster.policy()
        let labels = ["strict", "pumps"].map { name in
            """
              - name: \(name)
                authority: devices
                profile: device
                authentication: [certificate, secret]
                renewal: \(name == "strict" ? "same-key" : "any-key")

            """
        }
        try cluster.write(policy: policy.trimmingCharacters(in: .newlines) + "\n" + labels.joined())
        try await cluster.start()
        return cluster
    }

    private static func secret(_ cluster: TestCluster, label: String) async throws -> String {
        try await cluster.estuary("token", "create", "--label", label).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test func theSameKeyWithoutItsSignatureIsRefused() async throws {
        let cluster = try await Self.cluster()
        let device = try TestDevice("sensor-1", in: cluster)
        let certificate = try await device.enroll(cluster, secret: cluster.firstSecret()).certificate()
        let thief = try await StolenFrontend("frontend-2", of: cluster)
        // The certificate goes over the wire in every handshake: the thief has it, and the key in it is public.
        let claimed = [Data(try certificate.derEncoded())]
        let genuine = try #require(Data(base64Encoded: try device.certificationRequest()))
        var forged = genuine
        forged[forged.index(before: forged.endIndex)] ^= 1
        #expect(
            await thief.code(forged, operation: .simpleReenroll, chain: claimed) == .badSignature)
        // What the device once signed gets a certificate for the device's own key, and no other.
        let first = try await thief.enroll(genuine, operation: .simpleReenroll, chain: claimed)
        let again = try await thief.enroll(genuine, operation: .simpleReenroll, chain: claimed)
        #expect(first.publicKey == device.key.publicKey)
        #expect(first == again)
        await thief.end()
        try await cluster.waitUntilAudited()
        let events = try await cluster.events()
        #expect(
            events.contains { $0.type == .denied && $0.node == "frontend-2" && $0.reason == "bad-signature" })
        #expect(events.contains { $0.type == .replayed && $0.node == "frontend-2" })
    }

    @Test func aNewKeyIsRefusedWhereTheLabelInsistsOnTheSame() async throws {
        let cluster = try await Self.cluster()
        let device = try TestDevice("sensor-1", in: cluster)
        let secret = try await Self.secret(cluster, label: "strict")
        let certificate = try await device.enroll(cluster, secret: secret, label: "strict").certificate()
        let thief = try await StolenFrontend("frontend-2", of: cluster)
        let request = try #require(Data(base64Encoded: try device.rekeyed(in: cluster).certificationRequest()))
        let claimed = [Data(try certificate.derEncoded())]
        for operation in [EnrollmentOperation.simpleReenroll, .simpleEnroll] {
            #expect(
                await thief.code(request, operation: operation, label: "strict", chain: claimed) == .sameKeyRequired)
        }
        await thief.end()
    }

    @Test func heldNamesAndOthersLabelsAreRefusedAndRecorded() async throws {
        let cluster = try await Self.cluster()
        let device = try TestDevice("sensor-1", in: cluster)
        _ = try await device.enroll(cluster, secret: cluster.firstSecret()).certificate()
        // A frontend for one label alone.
        let folder = "\(cluster.directory)/frontend-9"
        try await cluster.estuary(
            "node", "add", "frontend-9", "--hosts", "localhost", "--labels", "pumps", "--listen", "127.0.0.1:1",
            "--directory", folder)
        let thief = try await StolenFrontend("frontend-9", of: cluster)
        let secret = Secret(try cluster.firstSecret())
        let request = try #require(Data(base64Encoded: try device.certificationRequest()))
        // Another frontend's job, byte for byte.
        #expect(await thief.code(request, secret: secret) == .nodeNotForLabel)
        // On its own label: the name belongs to a device.
        let pumps = Secret(try await Self.secret(cluster, label: "pumps"))
        let rekeyed = try #require(Data(base64Encoded: try device.rekeyed(in: cluster).certificationRequest()))
        #expect(await thief.code(rekeyed, label: "pumps", secret: pumps) == .nameHeld)
        await thief.end()
        try await cluster.waitUntilAudited()
        let denied = try await cluster.events().filter { $0.type == .denied && $0.node == "frontend-9" }
        #expect(Set(denied.compactMap(\.reason)) == ["node-not-for-label", "name-held"])
    }

    @Test func whatAThiefGotIsListedAndRevokedInOneCRL() async throws {
        let cluster = try await Self.cluster()
        var devices: [(TestDevice, Certificate)] = []
        for index in 1...4 {
            let device = try TestDevice("sensor-\(index)", in: cluster)
            devices.append((device, try await device.enroll(cluster, secret: cluster.firstSecret()).certificate()))
        }
        // Times of certificates are asked for in whole seconds: not in the one in which the frontend got its own.
        let start = Date().timeIntervalSince1970.rounded(.down)
        try await wait("the next second begins") { Date().timeIntervalSince1970 >= start + 1 }
        let since = Date(timeIntervalSince1970: start + 1).formatted(.iso8601)
        let thief = try await StolenFrontend("frontend-2", of: cluster)
        var stolen: Set<String> = []
        for (device, certificate) in devices {
            let request = try #require(Data(base64Encoded: try device.rekeyed(in: cluster).certificationRequest()))
            let issued = try await thief.enroll(
                request, operation: .simpleReenroll, chain: [Data(try certificate.derEncoded())])
            stolen.insert(Array(issued.serialNumber.bytes).hexadecimal)
        }
        await thief.end()
        try await cluster.estuary("node", "remove", "frontend-2")

        func serials(_ arguments: [String]) async throws -> Set<String> {
            let lines = try await TestCluster.estuary(arguments + ["--json", "--state", cluster.directory])
            return Set(
                try lines.split(separator: "\n").map {
                    try JSONDecoder.facts.decode(Serial.self, from: Data($0.utf8)).serial
                })
        }
        let ofTheNode = ["--node", "frontend-2", "--since", since]
        #expect(try await serials(["certificate", "list"] + ofTheNode) == stolen)
        #expect(try await serials(["certificate", "revoke"] + ofTheNode) == stolen)
        #expect(try await serials(["certificate", "revoke"] + ofTheNode).isEmpty)
        try await wait("the CRL is issued") {
            try await cluster.waitUntilAudited()
            return try await cluster.events().contains { $0.type == .revocationListIssued && $0.count == 4 }
        }
        let lists = try await cluster.events().filter { $0.type == .revocationListIssued }.compactMap(\.count)
        #expect(lists == [0, 4], "one CRL has all of them")
        // The devices' own certificates are as good as before.
        let (device, certificate) = devices[0]
        #expect(try await device.renew(cluster, with: certificate, of: device).status == 200)
    }

    private struct Serial: Decodable {
        var serial: String
    }
}
