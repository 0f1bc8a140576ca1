internal import Foundation
internal import PKI
internal import Testing
internal import X509

/// Revocation as clients of the certificates see it: CRLs and OCSP (RFC 5280 §5, RFC 6960, RFC 5019).
@Suite struct RevocationTests {
    private static let list = "/crl/devices.crl"
    private static let status = "/ocsp/devices"

    // MARK: V3

    @Test("V3: a CRL over HTTP and HTTPS, with its tag, that openssl verifies and checks certificates with")
    func v3() async throws {
        let place = try await RevocationCluster.start()
        let (good, goodPath) = try await place.enroll("v3-good")
        let (lost, lostPath) = try await place.enroll("v3-lost")
        let first = try await served(place, frontend: 1)
        for frontend in place.frontends {
            for url in try place.urls(Self.list, frontend: frontend) {
                try await expectServed(url, like: first, place)
            }
        }
        #expect(try await verdict(on: goodPath, first, place).contains("certificate.pem: OK"))
        #expect(try await verdict(on: lostPath, first, place).contains("certificate.pem: OK"))

        try await place.revoke(lost, reason: "keyCompromise")
        let tag = try #require(first.headers["etag"])
        for frontend in place.frontends {
            for url in try place.urls(Self.list, frontend: frontend) {
                try await wait("the revocation shows at \(url)", limit: RevocationCluster.limit) {
                    try await place.get(url, ["--header", "If-None-Match: \(tag)"]).status == 200
                }
            }
        }
        let second = try await served(place, frontend: 2)
        #expect(second.headers["etag"] != tag)
        #expect(try await verdict(on: goodPath, second, place).contains("certificate.pem: OK"))
        #expect(try await verdict(on: lostPath, second, place).contains("certificate revoked"))
        let text = try await place.openssl(
            "crl", "-inform", "DER", "-in", try place.write(second.body, "second.crl"), "-noout", "-text"
        ).text
        #expect(text.contains("Serial Number: \(Array(lost.serialNumber.bytes).hexadecimal.uppercased())"))
        #expect(!text.contains(Array(good.serialNumber.bytes).hexadecimal.uppercased()))
        #expect(text.contains("Key Compromise"))
        #expect(try await number(second, place) > number(first, place))

        // As a client does that goes by the certificate's distribution point.
        for (path, verdict) in [(goodPath, "certificate.pem: OK"), (lostPath, "certificate revoked")] {
            let said = try await place.openssl(
                "verify", "-crl_check", "-crl_download", "-CAfile", place.cluster.trustAnchor, "-untrusted",
                place.issuer, path)
            #expect(said.text.contains(verdict), "\(said)")
        }
    }

    @Test("V3: the CRL is served while the signer is away, also by a frontend that starts then")
    func v3WithoutTheSigner() async throws {
        let place = try await RevocationCluster.start()
        let before = try await served(place, frontend: 2)
        let kept = place.file("frontend-2/revocation-lists/devices.crl")
        try await wait("the CRL is on disk") { FileManager.default.contents(atPath: kept) == before.body }
        try await place.cluster.process("signer").killNow()
        for frontend in place.frontends {
            for url in try place.urls(Self.list, frontend: frontend) {
                #expect(try await place.get(url).body == before.body)
            }
        }
        try await place.cluster.process("frontend-2").stop()
        try place.cluster.start("frontend-2")
        for url in try place.urls(Self.list, frontend: 2) {
            try await wait("\(url) is served") { try await place.get(url).body == before.body }
        }
    }

    /// The CRL, once the frontend has it.
    private func served(_ place: RevocationCluster, frontend: Int) async throws -> Curl.Answer {
        let url = try place.urls(Self.list, frontend: frontend)[0]
        try await wait("\(url) is served") { try await place.get(url).status == 200 }
        return try await place.get(url)
    }

    private func expectServed(_ url: String, like expected: Curl.Answer, _ place: RevocationCluster) async throws {
        try await wait("\(url) is served") { try await place.get(url).status == 200 }
        let answer = try await place.get(url)
        #expect(answer.body == expected.body, "\(url)")
        #expect(answer.headers["content-type"] == "application/pkix-crl")
        #expect(answer.headers["content-length"] == "\(expected.body.count)")
        #expect(answer.headers["transfer-encoding"] == nil)
        #expect(answer.headers["last-modified"] != nil)
        #expect(answer.headers["cache-control"]?.contains("max-age=") == true)
        let tag = try #require(answer.headers["etag"])
        let modified = try #require(answer.headers["last-modified"])
        for condition in [
            "If-None-Match: \(tag)", "If-None-Match: \"x\", W/\(tag)", "If-None-Match: *",
            "If-Modified-Since: \(modified)",
        ] {
            let known = try await place.get(url, ["--header", condition])
            #expect(known.status == 304 && known.body.isEmpty, "\(condition)")
            #expect(known.headers["etag"] == tag)
        }
        #expect(try await place.get(url, ["--header", "If-None-Match: \"x\""]).body == expected.body)
        let head = try await place.get(url, ["--head"])
        #expect(head.status == 200 && head.headers["content-length"] == "\(expected.body.count)")
        let posted = try await Curl.post(url, body: Data("x".utf8), ["--cacert", place.cluster.trustAnchor])
        #expect(posted.status == 405 && posted.headers["allow"] == "GET, HEAD")
    }

    /// What `openssl verify -crl_check` says of a certificate with a CRL whose signature `openssl crl` finds good.
    private func verdict(on certificate: String, _ list: Curl.Answer, _ place: RevocationCluster) async throws -> String
    {
        let der = try place.write(list.body, "\(UUID().uuidString).crl")
        let verified = try await place.openssl(
            "crl", "-verify", "-inform", "DER", "-in", der, "-CAfile", place.issuer,
            "-out", "\(der).pem")
        #expect(verified.status == 0 && verified.text.contains("verify OK"), "\(verified)")
        return try await place.openssl(
            "verify", "-crl_check", "-CRLfile", "\(der).pem", "-CAfile", place.cluster.trustAnchor, "-untrusted",
            place.issuer, certificate
        ).text
    }

    private func number(_ list: Curl.Answer, _ place: RevocationCluster) async throws -> Int {
        let der = try place.write(list.body, "\(UUID().uuidString).crl")
        let said = try await place.openssl("crl", "-inform", "DER", "-in", der, "-noout", "-crlnumber").text
        let digits = try #require(said.firstMatch(of: #/crlNumber=(?:0x)?([0-9A-Fa-f]+)/#)).output.1
        return try #require(Int(digits, radix: 16))
    }

    // MARK: V4

    @Test("V4: good and revoked by GET and POST with SHA-1 and SHA-256, which openssl verifies; shown within 5 s")
    func v4() async throws {
        let place = try await RevocationCluster.start()
        let (lost, path) = try await place.enroll("v4-lost")
        let (_, other) = try await place.enroll("v4-other")
        for frontend in place.frontends {
            for hash in ["-sha1", "-sha256"] {
                let said = try await ask(path, hash, place, frontend: frontend)
                #expect(said.contains("Response verify OK") && said.contains("\(path): good"), "\(said)")
            }
        }
        // One with a nonce is answered without it.
        let nonce = try await place.openssl(
            "ocsp", "-issuer", place.issuer, "-cert", path, "-nonce", "-CAfile", place.cluster.trustAnchor,
            "-verify_other", place.issuer, "-url", "http://\(place.plain[0])\(Self.status)")
        #expect(nonce.text.contains("Response verify OK") && nonce.text.contains("\(path): good"), "\(nonce)")
        try await expectEachTransport(path, place)

        try await place.revoke(lost, reason: "keyCompromise")
        // What was good before is kept at both frontends: the newer CRL has to end that.
        for frontend in place.frontends {
            for hash in ["-sha1", "-sha256"] {
                try await wait("the revocation shows at frontend \(frontend)", limit: RevocationCluster.limit) {
                    try await ask(path, hash, place, frontend: frontend).contains("\(path): revoked")
                }
                let said = try await ask(path, hash, place, frontend: frontend)
                #expect(said.contains("Response verify OK") && said.contains("Reason: keyCompromise"), "\(said)")
                let time = try #require(said.firstMatch(of: #/Revocation Time: (.+)/#)).output.1
                let revokedAt = try #require(Self.time(String(time)), "\(time)")
                #expect(abs(revokedAt.timeIntervalSinceNow) < 120)
            }
        }
        #expect(try await ask(other, "-sha256", place, frontend: 1).contains("\(other): good"))

        // While the signer is away, what is kept is answered, and for anything else: try later.
        try await place.cluster.process("signer").killNow()
        #expect(try await ask(other, "-sha256", place, frontend: 1).contains("\(other): good"))
        #expect(try await ask(other, "-sha1", place, frontend: 2).lowercased().contains("trylater"))
        try place.cluster.start("signer")
        try await wait("the signer is back") {
            try await ask(other, "-sha1", place, frontend: 2).contains("\(other): good")
        }
    }

    @Test("V4: unissued, foreign, several: unauthorized; malformed: malformedRequest; too large: 413")
    func v4Refusals() async throws {
        let place = try await RevocationCluster.start()
        let (certificate, path) = try await place.enroll("v4-refused")
        let serial = "0x" + Array(certificate.serialNumber.bytes).hexadecimal
        let questions = [
            ["-issuer", place.issuer, "-serial", "0x0123456789abcdef"],
            ["-issuer", place.cluster.trustAnchor, "-serial", serial],
            ["-issuer", place.issuer, "-serial", serial, "-serial", "0x05"],
            ["-issuer", place.issuer, "-cert", path, "-cert", path],
        ]
        for question in questions {
            let request = try await self.request(question, place)
            for url in try place.urls(Self.status, frontend: 1) {
                let said = try await answer(to: request, url, place)
                #expect(said.body == Data([0x30, 0x03, 0x0a, 0x01, 0x06]), "\(question) \(said.status)")
                let inPath = try await place.get("\(url)/\(Self.escaped(request))")
                #expect(inPath.status == 200 && inPath.body == said.body)
                let response = try place.write(said.body, "unauthorized.der")
                let read = try await place.openssl("ocsp", "-respin", response, "-noverify").text
                #expect(read.contains("unauthorized (6)"), "\(read)")
            }
        }
        for url in try place.urls(Self.status, frontend: 2) {
            for body in [
                Data(), Data("hello".utf8), Data([0x30, 0x80]), try await request(questions[0], place).dropLast(),
            ] {
                let said = try await answer(to: body, url, place)
                #expect(said.body == Data([0x30, 0x03, 0x0a, 0x01, 0x01]))
            }
            #expect(try await place.get("\(url)/MEow").body == Data([0x30, 0x03, 0x0a, 0x01, 0x01]))
            #expect(try await post(Data(count: 5_000), url, place).status == 413)
            #expect(try await place.get("\(url)/\(String(repeating: "A", count: 8_000))").status == 414)
            let type = try await Curl.post(
                url, body: Data("x".utf8), contentType: "text/plain", ["--cacert", place.cluster.trustAnchor])
            #expect(type.status == 415)
        }
        // There is nothing else without TLS.
        let cacerts = try await place.get("http://\(place.plain[0])/.well-known/est/cacerts")
        #expect(cacerts.status == 404)
        let device = try TestDevice("v4-plain", in: place.cluster)
        let enrolled = try await Curl.post(
            "http://\(place.plain[0])/.well-known/est/simpleenroll", body: device.certificationRequest(),
            ["--user", ":\(try place.cluster.firstSecret())"])
        #expect(enrolled.status == 404)
    }

    /// What `openssl ocsp` says of a certificate after a POST.
    private func ask(
        _ path: String, _ hash: String, _ place: RevocationCluster, frontend: Int
    ) async throws -> String {
        try await place.openssl(
            "ocsp", hash, "-issuer", place.issuer, "-cert", path, "-no_nonce", "-CAfile", place.cluster.trustAnchor,
            "-verify_other", place.issuer, "-url", "http://\(place.plain[frontend - 1])\(Self.status)"
        ).text
    }

    /// GET and POST, with TLS and without, all give the same answer.
    private func expectEachTransport(_ path: String, _ place: RevocationCluster) async throws {
        let request = try await request(["-sha256", "-issuer", place.issuer, "-cert", path], place)
        let urls = try place.urls(Self.status, frontend: 1)
        let posted = try await answer(to: request, urls[0], place)
        #expect(try await answer(to: request, urls[1], place).body == posted.body)
        for url in urls {
            let got = try await place.get("\(url)/\(Self.escaped(request))")
            #expect(got.status == 200 && got.body == posted.body)
            #expect(got.headers["content-type"] == "application/ocsp-response")
            #expect(got.headers["cache-control"]?.contains("must-revalidate") == true)
            #expect(got.headers["expires"] != nil && got.headers["last-modified"] != nil)
            let tag = try #require(got.headers["etag"])
            let known = try await place.get(
                "\(url)/\(Self.escaped(request))", ["--header", "If-None-Match: \(tag)"])
            #expect(known.status == 304 && known.body.isEmpty)
        }
        let response = try place.write(posted.body, "response.der")
        let read = try await place.openssl(
            "ocsp", "-sha256", "-issuer", place.issuer, "-cert", path, "-respin", response, "-CAfile",
            place.cluster.trustAnchor, "-verify_other", place.issuer)
        #expect(read.text.contains("Response verify OK") && read.text.contains("\(path): good"), "\(read)")
        // Signed by a responder that the authority has entrusted with it, not by the authority itself.
        let shown = try await place.openssl("ocsp", "-respin", response, "-noverify", "-resp_text").text
        #expect(shown.contains("OCSP Signing") && shown.contains("OCSP No Check"), "\(shown)")
    }

    /// The OCSP request that openssl makes of its options.
    private func request(_ question: [String], _ place: RevocationCluster) async throws -> Data {
        let file = place.file("\(UUID().uuidString).req")
        _ = try await CommandRun.text(["openssl", "ocsp"] + question + ["-no_nonce", "-reqout", file])
        return try Data(contentsOf: URL(fileURLWithPath: file))
    }

    private func post(_ request: Data, _ url: String, _ place: RevocationCluster) async throws -> Curl.Answer {
        try await Curl.post(
            url, body: request, contentType: "application/ocsp-request", ["--cacert", place.cluster.trustAnchor])
    }

    /// The answer to a POST that has to be an OCSP response.
    private func answer(to request: Data, _ url: String, _ place: RevocationCluster) async throws -> Curl.Answer {
        let answer = try await post(request, url, place)
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/ocsp-response")
        #expect(answer.headers["content-length"] == "\(answer.body.count)")
        return answer
    }

    /// RFC 6960 A.1: the url-encoding of the base64 encoding.
    private static func escaped(_ request: Data) -> String {
        request.base64EncodedString().replacing("+", with: "%2B").replacing("/", with: "%2F")
            .replacing("=", with: "%3D")
    }

    /// A time as openssl prints it: `Nov 23 15:00:01 2026 GMT`.
    private static func time(_ text: String) -> Date? {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = .gmt
        format.dateFormat = "MMM d HH:mm:ss yyyy zzz"
        return format.date(from: text.split(separator: " ").joined(separator: " "))
    }
}
