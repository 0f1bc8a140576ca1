internal import Crypto
internal import Foundation
internal import PKI
internal import TestTLSClient
internal import Testing
internal import X509

/// RFC 7030 §4.1: the authority's certificates.
@Suite struct CACertificatesTests {
    private static let authorities: [(label: String?, count: Int)] = [
        (nil, 2), ("paths-elsewhere", SecondAuthority.chainLength),
    ]

    @Test("C1: cacerts is a certs-only message with the root and every intermediate", arguments: authorities)
    func c1Bag(_ label: String?, _ count: Int) async throws {
        let cluster = try await ConformanceCluster.shared()
        let answer = try await Curl.get(cluster.url("cacerts", label: label), ["--cacert", cluster.trustAnchor])
        #expect(answer.status == 200)
        let type = try #require(answer.headers["content-type"]).split(separator: ";")
            .map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(type == ["application/pkcs7-mime", "smime-type=certs-only"])
        #expect(answer.headers["content-transfer-encoding"] == "base64")
        let der = try #require(Data(base64Encoded: answer.body, options: .ignoreUnknownCharacters))

        // Degenerate, as openssl sees it: no content, no digest algorithm, no signer, no CRL.
        let structure = try await CommandRun.run(
            ["openssl", "cms", "-cmsout", "-print", "-inform", "DER"], input: der)
        let lines = structure.text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(lines.contains("contentType: pkcs7-signedData (1.2.840.113549.1.7.2)"))
        #expect(lines.contains("eContentType: pkcs7-data (1.2.840.113549.1.7.1)"))
        #expect(lines.contains("eContent: <ABSENT>"))
        for empty in ["digestAlgorithms:", "signerInfos:"] {
            let index = try #require(lines.firstIndex(of: empty))
            #expect(lines[index + 1] == "<EMPTY>")
        }
        let printed = try await CommandRun.run(["openssl", "pkcs7", "-inform", "DER", "-print_certs"], input: der)
        let pem = printed.text.components(separatedBy: "-----BEGIN CERTIFICATE-----").count - 1
        #expect(pem == count)
        // From the issuing certificate to a root that signed itself, with nothing missing and nothing besides.
        let pairs = printed.text.split(separator: "\n").reduce(into: [(subject: String, issuer: String)]()) {
            if $1.hasPrefix("subject=") { $0.append((String($1.dropFirst(8)), "")) }
            if $1.hasPrefix("issuer="), !$0.isEmpty { $0[$0.count - 1].issuer = String($1.dropFirst(7)) }
        }
        #expect(pairs.count == count)
        #expect(Set(pairs.map(\.subject)).count == count)
        #expect(pairs.count { $0.subject == $0.issuer } == 1)
        #expect(pairs.allSatisfy { pair in pairs.contains { $0.subject == pair.issuer } })
    }

    @Test("C1: each issued leaf verifies with this bag alone, and not without any of its certificates")
    func c1Verifies() async throws {
        let cluster = try await ConformanceCluster.shared()
        let folder = "\(cluster.directory)/c1"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (label, count) in Self.authorities {
            let name = label == nil ? "c1.example.com" : "c1.elsewhere.example.com"
            let secret = try await cluster.secret(label: label ?? "default", uses: 1)
            let key = "\(folder)/\(name).key"
            let request = try await CommandRun.run([
                "openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:\(label == nil ? "P-256" : "P-384")", "-nodes", "-keyout", key, "-subj",
                label == nil ? "/CN=\(name)" : "/O=Elsewhere/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)",
            ])
            let issued = try await Curl.post(
                cluster.url("simpleenroll", label: label), body: request.output,
                ["--cacert", cluster.trustAnchor, "--user", ":\(secret)"])
            #expect(issued.status == 200, "\(issued.text)")
            let leaf = "\(folder)/\(name).pem"
            try await OpenSSL.writeCertificates(issued, to: leaf)
            let bag = try await Curl.get(cluster.url("cacerts", label: label), ["--cacert", cluster.trustAnchor])
            try await OpenSSL.writeCertificates(bag, to: "\(folder)/bag.pem")

            let text = try String(contentsOfFile: "\(folder)/bag.pem", encoding: .utf8)
            let begin = "-----BEGIN CERTIFICATE-----"
            let certificates = text.components(separatedBy: begin).dropFirst().map { begin + $0 }
            #expect(certificates.count == count)
            #expect(try await verifies(leaf, with: certificates, in: folder))
            for index in certificates.indices {
                var incomplete = certificates
                incomplete.remove(at: index)
                #expect(try await !verifies(leaf, with: incomplete, in: folder))
            }
        }
    }

    private func verifies(_ leaf: String, with certificates: [String], in folder: String) async throws -> Bool {
        let path = "\(folder)/alone-\(UUID().uuidString).pem"
        try certificates.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        let run = try await CommandRun.run([
            "openssl", "verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile", path, leaf,
        ])
        return run.status == 0 && run.text == "\(leaf): OK\n"
    }

    @Test("C1: whoever asks gets it, on each frontend the same")
    func c1ForEveryone() async throws {
        let cluster = try await ConformanceCluster.shared()
        for (label, _) in Self.authorities {
            let path = ["/.well-known/est", label, "cacerts"].compactMap { $0 }.joined(separator: "/")
            var bodies: Set<[UInt8]> = []
            for frontend in 1...ConformanceCluster.frontendCount {
                let response = try await cluster.send(.get(path), frontend: frontend)
                #expect(response.status == 200)
                bodies.insert(response.body)
            }
            #expect(bodies.count == 1)
        }
    }

    @Test(
        "C2: OldWithOld, OldWithNew and NewWithOld are in the bag while the root rolls over, and either root verifies")
    func c2RollOver() async throws {
        let cluster = try await TestCluster.running()
        let world = try RollOverWorld(cluster)
        let secret = try cluster.firstSecret()
        let device = try TestDevice("c2-old.example.com", in: cluster)
        let before = try await device.enroll(cluster, secret: secret).certificate()

        try await cluster.estuary(
            "ca", "roll-root", "--root-directory", world.oldRootFolder, "--new-root-directory", world.newRootFolder)
        try await cluster.estuary("reload")
        let old = try #require(try RollOverWorld.certificates(world.oldRoot).first)
        let new = try #require(try RollOverWorld.certificates(world.newRoot).first)
        #expect(try RollOverWorld.certificates(cluster.trustAnchor) == [old, new])
        var bag = try await world.waitForBag(of: 5)
        try expectTheFour(in: bag, old: old, new: new)
        // The authority is still under the old root.
        for root in [world.oldRoot, world.newRoot] {
            try await world.waitUntilReached(trusting: root)
            #expect(try await world.verifies(before, trusting: root, with: bag))
            let pinned = try await world.fetchPinned(to: root)
            #expect(pinned.status == 0, "\(pinned.errors)")
        }
        #expect(
            try await !world.verifies(
                before, trusting: world.newRoot,
                with: bag.filter { !($0.publicKey == old.publicKey && new.hasSigned($0)) }))

        // And now under the new one.
        try await cluster.estuary("ca", "renew", "devices", "--root-directory", world.newRootFolder)
        try await cluster.estuary("reload")
        try await wait("cacerts has the authority's new certificate") {
            bag = try await world.bag(trusting: cluster.trustAnchor)
            return bag.contains { $0.subject == before.issuer && new.hasSigned($0) }
        }
        #expect(bag.count == 5)
        try expectTheFour(in: bag, old: old, new: new)
        let after = try await TestDevice("c2-new.example.com", in: cluster).enroll(cluster, secret: secret)
            .certificate()
        for root in [world.oldRoot, world.newRoot] {
            try await world.waitUntilReached(trusting: root)
            for leaf in [before, after] {
                #expect(try await world.verifies(leaf, trusting: root, with: bag))
            }
            let pinned = try await world.fetchPinned(to: root)
            #expect(pinned.status == 0, "\(pinned.errors)")
        }
        #expect(
            try await !world.verifies(
                after, trusting: world.oldRoot,
                with: bag.filter { !($0.publicKey == new.publicKey && old.hasSigned($0)) }))
        // A certificate of before renews as ever.
        let renewed = try await device.renew(cluster, with: before, of: device).certificate()
        #expect(try await world.verifies(renewed, trusting: world.oldRoot, with: bag))

        try await cluster.estuary("ca", "retire-root")
        try await cluster.estuary("reload")
        let rest = try await world.waitForBag(of: 2)
        #expect(rest.contains(new) && !rest.contains(old))
        #expect(try RollOverWorld.certificates(cluster.trustAnchor) == [new])
        #expect(try await world.verifies(before, trusting: world.newRoot, with: rest))
        try await wait("the frontend shows the old root's clients nothing", limit: .seconds(60)) {
            try await Curl.get(cluster.url("cacerts"), ["--cacert", world.oldRoot]).status == 0
        }
        try await world.waitUntilReached(trusting: world.newRoot)
    }

    /// RFC 4210 §4.4.1: who certifies whom, and from when to when.
    private func expectTheFour(in bag: [Certificate], old: Certificate, new: Certificate) throws {
        #expect(bag.contains(old) && bag.contains(new))
        let oldWithNew = try #require(bag.first { $0.publicKey == old.publicKey && new.hasSigned($0) })
        let newWithOld = try #require(bag.first { $0.publicKey == new.publicKey && old.hasSigned($0) })
        #expect([oldWithNew, newWithOld].allSatisfy { $0.subject == old.subject && $0.issuer == old.subject })
        #expect(new.subject == old.subject && new.publicKey != old.publicKey)
        #expect(oldWithNew.notValidBefore == old.notValidBefore && oldWithNew.notValidAfter == old.notValidAfter)
        #expect(newWithOld.notValidBefore == new.notValidBefore && newWithOld.notValidAfter == old.notValidAfter)
    }
}
