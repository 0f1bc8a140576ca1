internal import ClusterProtocol
internal import ConfigurationFile
internal import Foundation
internal import PKI
internal import Synchronization
internal import TestTLSClient
internal import Testing

@testable internal import Frontend

/// `/crl/AUTHORITY.crl`, over TLS and on plain HTTP.
@Suite struct RevocationListTests {
    private static let path = "/crl/devices.crl"
    /// Where it is a long one, to see whether it is there.
    private let head = TestHTTPRequest(method: "HEAD", path: path)

    /// A frontend with plain HTTP too, and the CRL of its signer.
    private func run(
        _ list: (TestAuthority) throws -> TestRevocationList? = { try TestRevocationList($0, number: 1) },
        folder: URL? = nil, signer: StandInSigner? = nil, change: (inout FrontendConfiguration) -> Void = { _ in },
        _ body: (TestFrontend) async throws -> Void
    ) async throws {
        let authority = try signer?.authority ?? TestAuthority()
        let signer = try signer ?? StandInSigner(authority: authority, catalogue: TestCatalogue.make(authority))
        let first = try list(authority)
        signer.set { $0.revocationList = first ?? $0.revocationList }
        try await TestFrontend.run(
            signer: signer, folder: folder,
            change: { configuration in
                configuration.plainHTTP = .init(listen: ListenAddress(host: "127.0.0.1", port: 0))
                change(&configuration)
            }
        ) { frontend in
            try await frontend.ready()
            try await body(frontend)
        }
    }

    private func served(_ frontend: TestFrontend) async throws -> TestResponse {
        try await eventually("a CRL is served") { try await frontend.sendPlain(.get(Self.path)).status == 200 }
        return try await frontend.sendPlain(.get(Self.path))
    }

    @Test func itIsServedOverTLSAndOnPlainHTTP() async throws {
        try await run { frontend in
            let plain = try await served(frontend)
            let list = try #require(frontend.signer.script.withLock { $0.revocationList })
            #expect(plain.body == list.bytes)
            #expect(plain.header("content-type") == "application/pkix-crl")
            #expect(plain.header("content-length") == "\(list.bytes.count)")
            #expect(plain.header("transfer-encoding") == nil)
            #expect(plain.header("etag")?.hasPrefix("\"") == true)
            #expect(plain.header("last-modified") == HTTPDate.format(list.thisUpdate))
            #expect(plain.header("cache-control") == "max-age=300, public, no-transform, must-revalidate")
            let secure = try await frontend.send(.get(Self.path))
            #expect(secure.isLike(plain))
            let headOnly = try await frontend.sendPlain(head)
            #expect(headOnly.status == 200 && headOnly.body.isEmpty)
            #expect(headOnly.header("content-length") == "\(list.bytes.count)")
            let metrics = try await frontend.get("/metrics").1
            #expect(metrics.contains("estuary_frontend_requests_total{label=\"\",route=\"crl\",status=\"200\"}"))
            #expect(metrics.contains("estuary_frontend_crl_number{authority=\"devices\"} 1"))
        }
    }

    @Test func whoeverHasItGets304() async throws {
        try await run { frontend in
            let first = try await served(frontend)
            let tag = try #require(first.header("etag"))
            let modified = try #require(first.header("last-modified"))
            let connection = try await frontend.connect()
            for condition in [("If-None-Match", "\"x\", W/\(tag)"), ("If-Modified-Since", modified)] {
                let second = try await connection.perform(.get(Self.path, headers: [condition]))
                #expect(second.status == 304)
                #expect(second.body.isEmpty)
                #expect(second.header("etag") == tag)
                // What the body would have (RFC 9110 §8.6).
                #expect(second.header("content-length") == "\(first.body.count)")
            }
            let other = try await connection.perform(.get(Self.path, headers: [("If-None-Match", "\"x\"")]))
            #expect(other.status == 200 && other.body == first.body)
        }
    }

    @Test func aNewerOneIsServedSoonAndAnOlderOneNever() async throws {
        try await run({ try TestRevocationList($0, number: 5) }) { frontend in
            let first = try await served(frontend)
            // Of the same second as the one before: a client that goes by times has to see it all the same.
            let before = try #require(frontend.signer.script.withLock { $0.revocationList })
            let newer = try TestRevocationList(
                frontend.authority, number: 9, entries: 3, thisUpdate: before.thisUpdate)
            frontend.signer.set { $0.revocationList = newer }
            try await eventually { try await frontend.sendPlain(.get(Self.path)).body == newer.bytes }
            let second = try await frontend.sendPlain(.get(Self.path))
            #expect(second.header("etag") != first.header("etag"))
            let modified = try #require(first.header("last-modified"))
            #expect(
                try await frontend.sendPlain(.get(Self.path, headers: [("If-Modified-Since", modified)])).status == 200)

            let older = try TestRevocationList(frontend.authority, number: 8)
            frontend.signer.set { $0.revocationList = older }
            let reports = frontend.signer.reportCount
            try await eventually { frontend.signer.reportCount > reports + 2 }
            #expect(try await frontend.sendPlain(.get(Self.path)).body == newer.bytes)
        }
    }

    @Test func oneThatTheAuthorityHasNotSignedIsNotServed() async throws {
        let other = try TestAuthority()
        try await run({ try TestRevocationList($0, number: 1, signer: other) }) { frontend in
            try await eventually { frontend.signer.listsAsked.count >= 2 }
            let answer = try await frontend.sendPlain(.get(Self.path))
            #expect(answer.status == 503)
            #expect(answer.header("retry-after") != nil)
            // The number that the signer says is not what counts.
            var lying = try TestRevocationList(frontend.authority, number: 7)
            lying.number = 50
            frontend.signer.set { $0.revocationList = lying }
            try await eventually { try await frontend.sendPlain(.get(Self.path)).status == 200 }
            let next = try TestRevocationList(frontend.authority, number: 51)
            frontend.signer.set { $0.revocationList = next }
            try await eventually { try await frontend.sendPlain(.get(Self.path)).body == next.bytes }
        }
    }

    @Test func oneThatIsTooLongIsNotTaken() async throws {
        try await run(
            { try TestRevocationList($0, number: 1, entries: 3_000) },
            change: {
                $0.limits.revocationListBytes = 65_536
            }
        ) { frontend in
            try await eventually { frontend.signer.listsAsked.count >= 2 }
            // Only its first part was fetched each time.
            #expect(frontend.signer.listsAsked.allSatisfy { $0.offset == 0 })
            #expect(try await frontend.sendPlain(.get(Self.path)).status == 503)
        }
    }

    @Test func itIsServedAfterARestartWhileTheSignerIsAway() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let authority = try TestAuthority()
        let signer = StandInSigner(authority: authority, catalogue: try TestCatalogue.make(authority))
        let file = folder.appending(path: "revocation-lists/devices.crl")
        var bytes: [UInt8] = []
        try await run(folder: folder, signer: signer) { frontend in
            bytes = try await served(frontend).body
            try await eventually { FileManager.default.fileExists(atPath: file.path) }
        }
        #expect(try Array(Data(contentsOf: file)) == bytes)
        signer.set { $0.isUp = false }
        func restart(_ body: (TestFrontend) async throws -> Void) async throws {
            try await TestFrontend.run(signer: signer, folder: folder, body)
        }
        try await restart { frontend in
            let answer = try await frontend.send(.get(Self.path))
            #expect(answer.body == bytes)
        }
        // A file that somebody has changed is not served.
        var changed = bytes
        changed[changed.count - 1] ^= 1
        try Data(changed).write(to: file)
        try await restart { frontend in
            #expect(try await frontend.send(.get(Self.path)).status == 503)
            signer.set { $0.isUp = true }
            try await eventually { try await frontend.send(.get(Self.path)).body == bytes }
        }
    }

    @Test func afterItsEndItIsStillServedAndNotToBeKept() async throws {
        try await run({
            try TestRevocationList(
                $0, number: 1, lifetime: 100, thisUpdate: Int64(Date.now.timeIntervalSince1970) - 200)
        }) { frontend in
            let answer = try await served(frontend)
            #expect(answer.header("cache-control") == "max-age=0, public, no-transform, must-revalidate")
        }
    }

    @Test(arguments: [
        ("GET", "/.well-known/est/cacerts", 404), ("POST", "/.well-known/est/simpleenroll", 404),
        ("GET", "/", 404), ("GET", "/crl/unknown.crl", 404), ("GET", "/crl/devices", 404),
        ("GET", "/crl/%64evices.crl", 404), ("GET", "/crl/./devices.crl", 404), ("GET", "/metrics", 404),
        ("GET", "/readyz", 404), ("POST", "/crl/devices.crl", 405), ("DELETE", "/ocsp/devices/MEow", 405),
        ("GET", "/ocsp/devices", 405), ("POST", "/ocsp/unknown", 404), ("POST", "/ocsp/devices", 415),
    ])
    func onPlainHTTPThereIsNothingElse(method: String, path: String, status: Int) async throws {
        try await run { frontend in
            var request = TestHTTPRequest(method: method, path: path)
            if method == "POST" {
                request.headers.append(("Content-Type", "application/pkcs10"))
                request.headers.append(("Authorization", "Basic " + Data(":right-secret".utf8).base64EncodedString()))
                request.body = try TestRequest.make("d.example.com").base64EncodedString()
            }
            let answer = try await frontend.sendPlain(request)
            #expect(answer.status == status)
            #expect(answer.header("content-length") != nil)
            #expect((answer.header("allow") != nil) == (status == 405))
            #expect(frontend.signer.received.isEmpty)
        }
    }

    @Test func eachPathSaysWhatItTakes() async throws {
        try await run { frontend in
            for (method, path, methods) in [
                ("POST", Self.path, "GET, HEAD"), ("GET", "/ocsp/devices", "POST"),
                ("HEAD", "/ocsp/devices/MEow", "GET"),
            ] {
                let answer = try await frontend.sendPlain(TestHTTPRequest(method: method, path: path))
                #expect(answer.header("allow") == methods)
            }
        }
    }

    @Test func thereIsNoPlainHTTPUnlessItIsAskedFor() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            #expect(frontend.plainPort == 0)
        }
    }

    @Test func aLongOneComesWholeAlsoToASlowReaderAndWhatFollowsWaits() async throws {
        try await run({ try TestRevocationList($0, number: 1, entries: 200_000) }) { frontend in
            try await eventually { try await frontend.sendPlain(head).status == 200 }
            let list = try #require(frontend.signer.script.withLock { $0.revocationList })
            #expect(list.bytes.count > 8 << 20)
            // In parts.
            #expect(frontend.signer.listsAsked.count > list.bytes.count / RevocationListPart.maximumBytes)
            let plain = try await TestConnection.plain(port: frontend.plainPort)
            let secure = try await frontend.connect()
            for connection in [plain, secure] {
                try await connection.stopReading()
                // The second is sent ahead, the third closes.
                try await connection.send(
                    TestHTTPRequest.get(Self.path).text + TestHTTPRequest.get("/crl/unknown.crl").text
                        + TestHTTPRequest.get(Self.path, headers: [("Connection", "close")]).text)
            }
            // Others are served meanwhile.
            #expect(try await frontend.sendPlain(.get("/crl/unknown.crl")).status == 404)
            for connection in [plain, secure] {
                try await connection.startReading()
                let first = try await connection.response()
                #expect(first.status == 200 && first.body == list.bytes)
                #expect(try await connection.response().status == 404)
                let last = try await connection.response()
                #expect(last.status == 200 && last.body == list.bytes)
                #expect(last.header("connection") == "close")
                #expect(try await connection.rest().isEmpty)
                #expect(!connection.isOutOfPatience)
            }
        }
    }

    @Test func whoeverDoesNotReadALongOneIsNotWaitedForForEver() async throws {
        try await run(
            { try TestRevocationList($0, number: 1, entries: 400_000) },
            change: {
                $0.plainHTTP?.bodyTimeout = .seconds(2)
                $0.limits.bodyTimeout = .seconds(2)
            }
        ) { frontend in
            try await eventually { try await frontend.sendPlain(head).status == 200 }
            let plain = try await TestConnection.plain(port: frontend.plainPort)
            let secure = try await frontend.connect()
            for connection in [plain, secure] {
                try await connection.stopReading()
                try await connection.send(TestHTTPRequest.get(Self.path).text)
            }
            try await eventually { try await openConnections(frontend) == 0 }
            for connection in [plain, secure] {
                try await connection.startReading()
                _ = try? await connection.rest()
                #expect(!connection.isOutOfPatience)
            }
        }
    }

    /// On the listener for devices.
    private func openConnections(_ frontend: TestFrontend) async throws -> Int {
        let line = try await frontend.get("/metrics").1.split(separator: "\n")
            .first { $0.hasPrefix("estuary_frontend_connections ") }
        return line.flatMap { Int($0.split(separator: " ").last ?? "") } ?? -1
    }

    @Test func aShutdownWaitsForALongAnswer() async throws {
        try await run({ try TestRevocationList($0, number: 1, entries: 400_000) }) { frontend in
            try await eventually { try await frontend.sendPlain(head).status == 200 }
            let list = try #require(frontend.signer.script.withLock { $0.revocationList })
            let connection = try await TestConnection.plain(port: frontend.plainPort)
            try await connection.stopReading()
            try await connection.send(TestHTTPRequest.get(Self.path).text)
            try await eventually { try await frontend.answered(route: "crl") >= 2 }
            await frontend.shutDown()
            try await eventually { try await frontend.get("/readyz").1.contains("shutting down") }
            try await connection.startReading()
            #expect(try await connection.response().body == list.bytes)
        }
    }
}

extension TestFrontend {
    /// How many requests of a route without a label were answered with 200.
    func answered(route: String) async throws -> Int {
        let series = "estuary_frontend_requests_total{label=\"\",route=\"\(route)\",status=\"200\"} "
        let line = try await get("/metrics").1.split(separator: "\n").first { $0.hasPrefix(series) }
        return line.flatMap { Int($0.dropFirst(series.count)) } ?? 0
    }
}
