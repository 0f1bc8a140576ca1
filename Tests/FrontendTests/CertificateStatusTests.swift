internal import ClusterProtocol
internal import ClusterTransport
internal import ConfigurationFile
internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TestTLSClient
internal import Testing
internal import X509

@testable internal import Frontend

/// `/ocsp/AUTHORITY`, over TLS and on plain HTTP.
@Suite struct CertificateStatusTests {
    private static let serial: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]

    private func run(
        change: (inout FrontendConfiguration) -> Void = { _ in }, _ body: (TestFrontend) async throws -> Void
    ) async throws {
        try await TestFrontend.run(change: { configuration in
            configuration.plainHTTP = .init(listen: ListenAddress(host: "127.0.0.1", port: 0))
            change(&configuration)
        }) { frontend in
            let list = try TestRevocationList(frontend.authority, number: 1)
            frontend.signer.set {
                $0.issuedSerials = [Self.serial]
                $0.revocationList = list
            }
            try await frontend.ready()
            try await body(frontend)
        }
    }

    private func post(
        _ request: [UInt8], _ frontend: TestFrontend, path: String = "/ocsp/devices", isPlain: Bool = true
    ) async throws -> TestResponse {
        let connection =
            isPlain ? try await TestConnection.plain(port: frontend.plainPort) : try await frontend.connect()
        let head =
            "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\n"
            + "Content-Length: \(request.count)\r\n\r\n"
        try await connection.send(Array(head.utf8) + request)
        let response = try await connection.response()
        await connection.close()
        return response
    }

    private func question(
        _ frontend: TestFrontend, serial: [UInt8] = serial, hash: OCSPIdentifierHash = .sha1
    ) throws -> [UInt8] {
        try TestStatusRequest.make([serial], issuer: frontend.authority, hash: hash)
    }

    /// Asks by POST on plain HTTP.
    private func ask(
        _ frontend: TestFrontend, serial: [UInt8] = serial, hash: OCSPIdentifierHash = .sha1
    ) async throws -> TestResponse {
        try await post(question(frontend, serial: serial, hash: hash), frontend)
    }

    private func isFailure(_ response: TestResponse, _ status: OCSPErrorResponse) -> Bool {
        response.status == 200 && response.header("content-type") == "application/ocsp-response"
            && response.header("cache-control") == "no-store" && response.body == OCSPErrorResponse.encode(status)
    }

    @Test(arguments: OCSPIdentifierHash.allCases)
    func theSignersAnswerIsPassedOnAndKept(hash: OCSPIdentifierHash) async throws {
        try await run { frontend in
            let question = try question(frontend, hash: hash)
            let first = try await post(question, frontend)
            #expect(first.status == 200)
            #expect(first.header("content-type") == "application/ocsp-response")
            #expect(first.header("content-length") == "\(first.body.count)")
            #expect(first.body.count > 100)
            let second = try await post(question, frontend, isPlain: false)
            #expect(second.body == first.body)
            #expect(frontend.signer.statusesAsked.count == 1)
            #expect(frontend.signer.statusesAsked.first?.identifierHash.rawValue == hash.rawValue)
            #expect(frontend.signer.statusesAsked.first.map { Array($0.serial) } == Self.serial)
            let metrics = try await frontend.get("/metrics").1
            #expect(metrics.contains("estuary_frontend_requests_total{label=\"\",route=\"ocsp\",status=\"200\"} 2"))
            #expect(metrics.contains("estuary_frontend_certificate_status_total{way=\"kept\"} 1"))
        }
    }

    @Test func aRequestMayStandInThePath() async throws {
        try await run { frontend in
            let question = try question(frontend)
            let expected = try await post(question, frontend)
            let base64 = Data(question).base64EncodedString()
            let escaped = base64.replacing("+", with: "%2B").replacing("/", with: "%2f").replacing("=", with: "%3D")
            let everything = base64.utf8.map { String(format: "%%%02X", $0) }.joined()
            let lowerCase = base64.utf8.map { String(format: "%%%02x", $0) }.joined()
            for text in [base64, escaped, everything, lowerCase] {
                let answer = try await frontend.sendPlain(.get("/ocsp/devices/\(text)"))
                #expect(answer.status == 200)
                #expect(answer.body == expected.body)
                #expect(answer.header("cache-control") == "max-age=300, public, no-transform, must-revalidate")
                for name in ["etag", "expires", "last-modified"] { #expect(answer.header(name) != nil, "\(name)") }
            }
            let tag = try #require(
                try await frontend.send(.get("/ocsp/devices/\(escaped)")).header("etag"))
            let known = try await frontend.send(.get("/ocsp/devices/\(escaped)", headers: [("If-None-Match", tag)]))
            #expect(known.status == 304 && known.body.isEmpty)
            // An answer to POST is nobody's to keep.
            for name in ["etag", "expires", "last-modified", "cache-control"] { #expect(expected.header(name) == nil) }
        }
    }

    @Test func withSlashesAndPlusesInItsBase64Too() async throws {
        try await run { frontend in
            let serials = (0..<200).map { [1] + SHA256.hash(data: [UInt8($0)]).prefix(15) }
            frontend.signer.set { $0.issuedSerials = Set(serials) }
            var seen: Set<Character> = []
            for serial in serials where !seen.isSuperset(of: "+/") {
                let base64 = Data(try question(frontend, serial: serial)).base64EncodedString()
                seen.formUnion(base64)
                #expect(try await frontend.sendPlain(.get("/ocsp/devices/\(base64)")).body.count > 100)
            }
            #expect(seen.isSuperset(of: "+/"))
        }
    }

    @Test func whatItCantAnswerForIsUnauthorized() async throws {
        try await run { frontend in
            let other = try TestAuthority(name: "Other")
            let unknown = try question(frontend, serial: [9, 9, 9])
            #expect(isFailure(try await post(unknown, frontend), .unauthorized))
            #expect(frontend.signer.statusesAsked.count == 1)
            let requests = [
                try TestStatusRequest.make([Self.serial], issuer: other),
                try TestStatusRequest.make([Self.serial, Self.serial], issuer: frontend.authority),
                try question(frontend, serial: [UInt8](repeating: 1, count: 21)),
                try question(frontend, serial: [0]),
            ]
            for request in requests {
                #expect(isFailure(try await post(request, frontend), .unauthorized))
                let inPath = try await frontend.sendPlain(
                    .get("/ocsp/devices/\(Data(request).base64EncodedString())"))
                #expect(isFailure(inPath, .unauthorized))
            }
            // None of these is worth a call.
            #expect(frontend.signer.statusesAsked.count == 1)
            // A certificate that is issued later is found.
            frontend.signer.set { $0.issuedSerials.insert([9, 9, 9]) }
            #expect(try await post(unknown, frontend).body.count > 100)
        }
    }

    @Test func whatIsNoOCSPRequestIsMalformed() async throws {
        try await run { frontend in
            let question = try question(frontend)
            for bytes in [[], [0x30], Array("hello".utf8), question + [0], Array(question.dropLast())] {
                #expect(isFailure(try await post(bytes, frontend), .malformedRequest), "\(bytes)")
            }
            for text in [
                "x", "%", "%4", "%zz", "MEow", "M%00", "%ff%FF%9a", "%-1", "%+1",
                Data(question).base64EncodedString() + "%20x",
            ] {
                #expect(
                    isFailure(try await frontend.sendPlain(.get("/ocsp/devices/\(text)")), .malformedRequest), "\(text)"
                )
            }
            #expect(frontend.signer.statusesAsked.isEmpty)
        }
    }

    @Test func aNonceMakesNoDifference() async throws {
        try await run { frontend in
            let plain = try await ask(frontend)
            let withNonce = try TestStatusRequest.make(
                [Self.serial], issuer: frontend.authority, extensions: TestStatusRequest.nonce)
            #expect(try await post(withNonce, frontend).body == plain.body)
            #expect(frontend.signer.statusesAsked.count == 1)
        }
    }

    @Test func tooLongIs413Or414() async throws {
        try await run(change: { $0.limits.statusRequestBytes = 512 }) { frontend in
            #expect(try await post([UInt8](repeating: 0x30, count: 513), frontend).status == 413)
            #expect(isFailure(try await post([UInt8](repeating: 0x30, count: 512), frontend), .malformedRequest))
            let long = Data(repeating: 0x30, count: 513).base64EncodedString()
            #expect(try await frontend.sendPlain(.get("/ocsp/devices/\(long)")).status == 414)
            let tooLong = String(repeating: "A", count: 6_000)
            #expect(try await frontend.sendPlain(.get("/ocsp/devices/\(tooLong)")).status == 414)
            let beyond = String(repeating: "A", count: 40_000)
            #expect(try await frontend.sendPlain(.get("/ocsp/devices/\(beyond)")).status == 414)
            // Enrollment's own limit is what it was.
            let request = try TestRequest.make("d.example.com")
            #expect(try await frontend.send(.enroll(request)).status == 200)
        }
    }

    @Test(arguments: [
        (ServiceError.Code.overloaded, OCSPErrorResponse.tryLater), (.unreachable, .tryLater),
        (.deadlineExceeded, .tryLater), (.shuttingDown, .tryLater), (.unexpected, .internalError),
    ])
    func whatTheSignerCantAnswerNowIsSaidSo(code: ServiceError.Code, status: OCSPErrorResponse) async throws {
        try await run { frontend in
            frontend.signer.set { $0.statusError = ServiceError(code, "No.") }
            let failed = try await ask(frontend)
            #expect(isFailure(failed, status))
            // It is not kept.
            frontend.signer.set { $0.statusError = nil }
            let answered = try await ask(frontend)
            #expect(answered.body.count > 100)
        }
    }

    @Test func whatIsKeptIsAnsweredWhileTheSignerIsAway() async throws {
        try await run { frontend in
            let kept = try await ask(frontend)
            frontend.signer.set { $0.isUp = false }
            #expect(try await ask(frontend).body == kept.body)
            #expect(isFailure(try await ask(frontend, hash: .sha256), .tryLater))
        }
    }

    @Test func aNewerListEndsWhatIsKept() async throws {
        try await run { frontend in
            let question = try question(frontend)
            let good = try await post(question, frontend)
            let newer = try TestRevocationList(frontend.authority, number: 2)
            frontend.signer.set {
                $0.revokedSerials = [Self.serial]
                $0.revocationList = newer
            }
            try await eventually { try await post(question, frontend).body != good.body }
            let asked = frontend.signer.statusesAsked.count
            #expect(try await post(question, frontend).body != good.body)
            #expect(frontend.signer.statusesAsked.count == asked)
        }
    }

    @Test func anAnswerFromBeforeTheNewestListIsNotKept() async throws {
        try await run { frontend in
            let newer = try TestRevocationList(frontend.authority, number: 5)
            frontend.signer.set {
                $0.revocationList = newer
                $0.statusListNumber = 4
            }
            try await eventually {
                try await frontend.get("/metrics").1.contains("crl_number{authority=\"devices\"} 5")
            }
            for _ in 0..<3 { #expect(try await ask(frontend).body.count > 100) }
            #expect(frontend.signer.statusesAsked.count == 3)
        }
    }

    @Test func manyWithOneQuestionAreOneCallAndTooManyQuestionsAreTurnedAway() async throws {
        try await run(change: { $0.limits.statusCalls = 2 }) { frontend in
            frontend.signer.set {
                $0.holdsStatuses = true
                $0.issuedSerials = [Self.serial, [2], [3]]
            }
            let questions = try [Self.serial, Self.serial, Self.serial, Self.serial, [2]].map {
                try question(frontend, serial: $0)
            }
            try await withThrowingTaskGroup(of: Int.self) { group in
                for question in questions {
                    group.addTask { try await post(question, frontend).body.count }
                }
                try await eventually {
                    try await frontend.get("/metrics").1
                        .contains("estuary_frontend_certificate_status_total{way=\"joined\"} 3")
                }
                try await eventually { frontend.signer.statusesAsked.count == 2 }
                #expect(isFailure(try await ask(frontend, serial: [3]), .tryLater))
                // Nothing else is disturbed.
                #expect(try await frontend.send(.enroll(try TestRequest.make("d.example.com"))).status == 200)
                frontend.signer.set { $0.holdsStatuses = false }
                for try await count in group { #expect(count > 100) }
            }
            #expect(frontend.signer.statusesAsked.count == 2)
            #expect(try await ask(frontend, serial: [3]).body.count > 100)
        }
    }

    @Test func aCallFromBeforeARevocationIsNotJoined() async throws {
        try await run { frontend in
            frontend.signer.set { $0.holdsStatuses = true }
            let question = try question(frontend)
            async let early = post(question, frontend)
            try await eventually { frontend.signer.statusesAsked.count == 1 }
            let newer = try TestRevocationList(frontend.authority, number: 2)
            frontend.signer.set { $0.revocationList = newer }
            try await eventually {
                try await frontend.get("/metrics").1.contains("crl_number{authority=\"devices\"} 2")
            }
            async let late = post(question, frontend)
            try await eventually { frontend.signer.statusesAsked.count == 2 }
            frontend.signer.set { $0.holdsStatuses = false }
            #expect(try await early.body.count > 100)
            #expect(try await late.body.count > 100)
        }
    }

    @Test func openSSLFindsTheAnswersGood() async throws {
        try await run { frontend in
            let folder = frontend.folder
            let response = try await ask(frontend, hash: .sha256)
            try Data(response.body).write(to: folder.appending(path: "response.der"))
            for (name, certificate) in [("root", frontend.authority.root), ("issuing", frontend.authority.issuing)] {
                try certificate.serializeAsPEM().pemString.write(
                    to: folder.appending(path: "\(name).pem"), atomically: true, encoding: .utf8)
            }
            let serial = "0x" + Self.serial.hexadecimal
            let printed = try await shell(
                "cd '\(folder.path)' && openssl ocsp -sha256 -issuer issuing.pem -serial \(serial) -respin response.der "
                    + "-CAfile root.pem -verify_other issuing.pem 2>&1")
            #expect(printed.contains("Response verify OK"))
            #expect(printed.contains("\(serial): good"))
        }
    }
}

/// What a shell's command prints. Not by Foundation's Process, which crashes with as many descriptors as tests here have.
private func shell(_ command: String) async throws -> String {
    let stream = try #require(popen(command, "r"))
    nonisolated(unsafe) let input = stream  // Nobody else uses it from here on.
    return await withCheckedContinuation { continuation in
        Thread.detachNewThread {
            var bytes: [UInt8] = []
            while case let byte = fgetc(input), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
            pclose(input)
            continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
        }
    }
}
