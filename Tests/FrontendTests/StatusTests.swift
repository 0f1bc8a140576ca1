internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TestTLSClient
internal import Testing
internal import X509

@testable internal import Frontend

/// The table of design §5, over TLS against the whole frontend.
@Suite struct StatusTests {
    @Test func cacertsHoldsTheWholeChainAndNeedsNoCredential() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            for path in ["/.well-known/est/cacerts", "/.well-known/est/strict/cacerts"] {
                let response = try await frontend.send(.get(path))
                #expect(response.status == 200)
                #expect(response.header("content-type") == "application/pkcs7-mime; smime-type=certs-only")
                #expect(response.header("content-length") == "\(response.body.count)")
                #expect(response.header("transfer-encoding") == nil)
                let chain = try CertsOnlyMessage.decode(Base64Body.decode(response.body))
                #expect(Set(chain.map { Data($0) }) == Set(try frontend.authority.chain))
            }
        }
    }

    @Test func base64IsLaidOutAsTheClientCanReadIt() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let bare = try await frontend.send(.get("/.well-known/est/cacerts"))
            #expect(bare.text.split(separator: "\n").count == 1)
            #expect(bare.text.hasSuffix("\n"))
            for header in [("User-Agent", "curl/8"), ("Accept", "*/*")] {
                let wrapped = try await frontend.send(.get("/.well-known/est/cacerts", headers: [header]))
                #expect(wrapped.text.split(separator: "\n").allSatisfy { $0.count <= 64 })
                #expect(wrapped.text.split(separator: "\n").count > 1)
            }
            let request = try TestRequest.make("d.example.com")
            let lines = try await frontend.send(.enroll(request))
            #expect(lines.text.split(separator: "\n").count > 1)
            var oneLine = TestHTTPRequest.enroll(request)
            oneLine.body = request.base64EncodedString() + "\n"
            #expect(try await frontend.send(oneLine).text.split(separator: "\n").count == 1)
        }
    }

    @Test func aSecretGetsOneCertificateForTheRequestsKey() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let key = try TestKey.p256.make()
            let response = try await frontend.send(
                .enroll(try TestRequest.make("d.example.com", key: key), headers: [("Idempotency-Key", "k")]))
            #expect(response.status == 200)
            #expect(response.header("content-type") == "application/pkcs7-mime; smime-type=certs-only")
            let chain = try CertsOnlyMessage.decode(Base64Body.decode(response.body))
            try #require(chain.count == 1)
            #expect(try Certificate(derEncoded: chain[0]).publicKey == key.publicKey)
            let request = try #require(frontend.signer.received.last)
            #expect(request.operation == .simpleEnroll)
            #expect(request.label == "default")
            #expect(request.secret == Secret("right-secret"))
            #expect(request.idempotencyKey == "k")
            #expect(request.clientChain.isEmpty)
            #expect(request.remoteAddress == "127.0.0.1")
            #expect(!request.requestID.isEmpty)
        }
    }

    private static func basic(_ credentials: String) -> String {
        "Basic " + Data(credentials.utf8).base64EncodedString()
    }

    private static let authorizations: [(String, Int)] = [
        (basic(":right-secret"), 200),
        (basic("user:right-secret").replacingOccurrences(of: "Basic", with: "basic"), 200),
        ("Bearer right-secret", 200),
        (basic("right-secret:wrong"), 401),
        ("Bearer wrong", 401),
        ("Basic ###", 401),
        (basic("no-colon"), 401),
        ("Basic", 401),
        ("Digest username=\"x\"", 401),
    ]

    @Test(arguments: authorizations)
    func credentialsComeInTwoSchemes(authorization: String, status: Int) async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let response = try await frontend.send(
                TestHTTPRequest.enroll(try TestRequest.make("d.example.com")).with("Authorization", authorization))
            #expect(response.status == status)
            if status == 401 {
                #expect(
                    response.headers["www-authenticate"]
                        == ["Basic realm=\"estuary\"", "Bearer realm=\"estuary\""])
                // The challenge alone where there is no credential of these schemes, else a sentence with it.
                let isOfOurs = !authorization.hasPrefix("Digest")
                #expect((response.header("content-type")?.hasPrefix("text/plain") == true) == isOfOurs)
                #expect(response.text.isEmpty == !isOfOurs)
            }
        }
    }

    @Test func twoAuthorizationHeadersAreRefused() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let response = try await frontend.send(
                .enroll(try TestRequest.make("d.example.com"), headers: [("Authorization", "Bearer right-secret")]))
            #expect(response.status == 400)
        }
    }

    @Test func firstContactWithoutACredentialIsNoFailure() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let connection = try await frontend.connect()
            let request = try TestRequest.make("d.example.com")
            let first = try await connection.perform(.enroll(request, secret: nil))
            #expect(first.status == 401)
            #expect(first.headers["www-authenticate"]?.count == 2)
            // Bouncy Castle's client gives up when there is a body.
            #expect(first.header("content-length") == "0" && first.header("content-type") == nil)
            // On the same connection.
            #expect(try await connection.perform(.enroll(request)).status == 200)
            let wrong = try await connection.perform(.enroll(request, secret: nil).with("Authorization", "Basic !"))
            #expect(wrong.status == 401)
            try await eventually { frontend.auditor.denials.count == 1 }
            #expect(frontend.auditor.denials[0].reason == "secret-unknown")
        }
    }

    @Test func aWrongSecretLearnsNothingOfTheProfile() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let allowed = try TestRequest.make("d.example.com")
            let forbidden = try TestRequest.make("d.forbidden.net")
            let wrong = try await frontend.send(.enroll(allowed, secret: "wrong"))
            let wrongAndForbidden = try await frontend.send(.enroll(forbidden, secret: "wrong"))
            #expect(wrong.status == 401)
            #expect(wrong.isLike(wrongAndForbidden))
            let right = try await frontend.send(.enroll(forbidden))
            #expect(right.status == 403)
            #expect(right.text.contains("d.forbidden.net"))
            #expect(right.header("www-authenticate") == nil)
            // The forbidden one never reached the signer's own judgement.
            #expect(frontend.signer.received.count == 1)
            try await eventually { frontend.auditor.denials.count == 1 }
            let denial = frontend.auditor.denials[0]
            #expect(denial.reason == "profile-violation")
            #expect(denial.names?.contains("dns:d.forbidden.net") == true)
            #expect(denial.profile == "device")
            #expect(denial.profileVersion == 3)
            #expect(denial.label == "default")
        }
    }

    @Test(arguments: ["", "%%%", "bm90IGEgcmVxdWVzdA=="])
    func whatIsNoCertificationRequestIs400(body: String) async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            var request = TestHTTPRequest.enroll(Data())
            request.body = body
            let response = try await frontend.send(request)
            #expect(response.status == 400)
            #expect(response.text.hasSuffix(".\n"))
            // 400 wins over a wrong secret, and no credential at all over 400.
            #expect(try await frontend.send(request.with("Authorization", "Bearer wrong")).status == 400)
            #expect(try await frontend.send(request.with("Authorization", nil)).status == 401)
        }
    }

    @Test func aForgedSignatureIs400() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            var request = try TestRequest.make("d.example.com")
            request[request.count - 1] ^= 1
            #expect(try await frontend.send(.enroll(request)).status == 400)
            #expect(try await frontend.send(.enroll(try TestRequest.make("d.example.com") + [0])).status == 400)
        }
    }

    @Test(arguments: [
        "/", "/.well-known/est", "/.well-known/est/", "/.well-known/est/unknown", "/.well-known/est/nolabel/cacerts",
        "/.well-known/est/default/x/cacerts", "/.well-known/est//cacerts", "/.well-known/est/default/cacerts/",
        "/.well-known/est/%64efault/cacerts", "/.well-known/est/./cacerts", "/.well-known/est/strict/../cacerts",
        "/.well-known/est/cacert%73", "/.well-known/EST/cacerts", "//.well-known/est/cacerts",
        "/.well-known/est/default/serverkeygen", "/.well-known/est/cacerts%00",
    ])
    func unknownPathsAre404(path: String) async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let response = try await frontend.send(.get(path))
            #expect(response.status == 404)
            #expect(response.header("content-length") == "\(response.body.count)")
            #expect(!response.body.isEmpty)
        }
    }

    @Test(arguments: [
        ("POST", "cacerts", "GET"), ("GET", "simpleenroll", "POST"), ("PUT", "default/simplereenroll", "POST"),
        ("HEAD", "simpleenroll", "POST"), ("DELETE", "csrattrs", "GET"), ("GET", "fullcmc", "POST"),
    ])
    func wrongMethodsAre405(method: String, path: String, allowed: String) async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            var request = TestHTTPRequest.get("/.well-known/est/" + path)
            request.method = method
            let response = try await frontend.send(request)
            #expect(response.status == 405)
            #expect(response.header("allow") == allowed)
        }
    }

    private static let mediaTypes: [(String?, Int)] = [
        ("application/pkcs10", 200), ("application/pkcs10; charset=utf-8", 200), ("Application/PKCS10 ;x=y", 200),
        ("application/x-www-form-urlencoded", 415), ("application/pkcs10x", 415), (nil, 415),
    ]

    @Test(arguments: mediaTypes)
    func onlyPKCS10IsTaken(mediaType: String?, status: Int) async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let request = TestHTTPRequest.enroll(try TestRequest.make("d.example.com"))
            #expect(try await frontend.send(request.with("Content-Type", mediaType)).status == status)
        }
    }

    @Test func csrattrsSaysWhatTheLabelHasToSayAndFullCMCIsNotServed() async throws {
        try await TestFrontend.run(catalogue: { $0.labels[1].csrAttributes = [] }) { frontend in
            try await frontend.ready()
            let attributes = try await frontend.send(.get("/.well-known/est/csrattrs"))
            #expect(attributes.status == 200)
            #expect(attributes.header("content-type") == "application/csrattrs")
            #expect(attributes.header("content-transfer-encoding") == "base64")
            let nothing = try await frontend.send(.get("/.well-known/est/strict/csrattrs"))
            #expect(nothing.status == 204)
            #expect(nothing.header("content-length") == nil)
            var cmc = TestHTTPRequest(method: "POST", path: "/.well-known/est/fullcmc")
            cmc.body = "x"
            #expect(try await frontend.send(cmc).status == 501)
        }
    }

    @Test func waitingForApprovalIs202WithoutABody() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            frontend.signer.set { $0.pending = 300 }
            let response = try await frontend.send(.enroll(try TestRequest.make("d.example.com")))
            #expect(response.status == 202)
            #expect(response.header("retry-after") == "300")
            #expect(response.header("content-length") == "0")
        }
    }

    private static let signersCodes: [(ServiceError.Code, Int)] = [
        (.nameHeld, 403), (.nameBlocked, 403), (.certificateRevoked, 403), (.keyInUse, 403),
        (.idempotencyConflict, 409), (.tooManyPending, 429), (.auditBacklogFull, 503), (.shuttingDown, 503),
        (.overloaded, 503), (.unreachable, 503), (.deadlineExceeded, 503), (.nodeNotForLabel, 404),
        (.unexpected, 500), (.notPermitted, 500), (.credentialRefused, 401), (.malformedRequest, 400),
    ]

    @Test(arguments: signersCodes)
    func theSignersCodesBecomeStatuses(code: ServiceError.Code, status: Int) async throws {
        let auditor = try await TestFrontend.run { frontend in
            try await frontend.ready()
            frontend.signer.set { $0.enrollmentError = ServiceError(code, "Inner words.") }
            let response = try await frontend.send(.enroll(try TestRequest.make("d.example.com")))
            #expect(response.status == status)
            #expect((response.header("retry-after") != nil) == [429, 503].contains(status))
            #expect((response.header("x-request-id") != nil) == (status == 500))
            if status == 500 || status == 503 { #expect(!response.text.contains("Inner")) }
            // What the signer refused it has recorded itself; what it never judged it can't have.
            let own: Set<ServiceError.Code> = [.unreachable, .deadlineExceeded]
            if own.contains(code) {
                try await eventually { frontend.auditor.denials.map(\.reason) == [code.rawValue] }
            } else {
                #expect(frontend.auditor.denials.isEmpty)
            }
            return frontend.auditor
        }
        // What finds no place comes in floods: many share an event.
        let sheds = auditor.events.filter { $0.type == .coalesced }
        #expect(sheds.map(\.reason) == (code == .overloaded ? [code.rawValue] : []))
        #expect(sheds.allSatisfy { $0.count == 1 })
    }

    @Test func enrollmentFailsAtOnceWhileTheSignerIsAwayAndCacertsGoesOn() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            frontend.signer.set { $0.isUp = false }
            let request = try TestRequest.make("d.example.com")
            let refused = try await frontend.send(.enroll(request))
            #expect(refused.status == 503)
            #expect(refused.header("retry-after") != nil)
            #expect(frontend.signer.received.isEmpty)
            #expect(try await frontend.send(.get("/.well-known/est/cacerts")).status == 200)
            #expect(try await frontend.get("/readyz").0 == 503)
            frontend.signer.set { $0.isUp = true }
            #expect(try await frontend.send(.enroll(request)).status == 200)
        }
    }

    @Test func aSignerThatHangsCountsAsAway() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            frontend.signer.set { $0.answersPings = false }
            try await eventually { try await frontend.get("/readyz").0 == 503 }
            #expect(try await frontend.send(.enroll(try TestRequest.make("d.example.com"))).status == 503)
            frontend.signer.set { $0.answersPings = true }
            try await eventually { try await frontend.get("/readyz").0 == 200 }
        }
    }
}
