internal import Foundation
internal import TestOpenSSL
internal import Testing
internal import X509

@testable internal import PKI

struct OCSPRequestTests {
    /// What the real client asks.
    static func openSSLRequest(
        _ authority: TestAuthority, _ certificates: [Certificate], _ options: [String] = []
    ) async throws -> [UInt8] {
        var files = ["ca": OpenSSLRun.pem(try authority.certificate.derBytes)]
        var arguments = ["ocsp", "-issuer", "ca", "-reqout", "out"] + options
        for (index, certificate) in certificates.enumerated() {
            files["c\(index)"] = OpenSSLRun.pem(try certificate.derBytes)
            arguments += ["-cert", "c\(index)"]
        }
        return try await OpenSSLRun.output(arguments, files: files)
    }

    @Test(arguments: [
        ([], OCSPIdentifierHash.sha1, true), (["-no_nonce"], .sha1, false), (["-sha256"], .sha256, true),
    ])
    func requestsOfOpenSSL(options: [String], hash: OCSPIdentifierHash, hasNonce: Bool) async throws {
        let authority = try TestAuthority("Issuing CA")
        let leaf = try authority.issue(serial: [0x00, 0xfe, 0x02, 0x03])
        // The hash must be named before the certificate that it is for.
        let request = try OCSPRequest(
            derEncoded: try await Self.openSSLRequest(authority, [leaf], options))
        #expect(request.hasNonce == hasNonce)
        let identifier = try #require(request.certificateIdentifiers.first)
        #expect(request.certificateIdentifiers.count == 1)
        #expect(identifier.hash == hash)
        #expect(identifier.serial == [0xfe, 0x02, 0x03])
        #expect(try OCSPIssuer(certificate: authority.certificate.derBytes).issued(identifier))
        #expect(try !OCSPIssuer(certificate: TestAuthority("Issuing CA").certificate.derBytes).issued(identifier))
        #expect(
            try !OCSPIssuer(certificate: TestAuthority("Other", key: authority.key).certificate.derBytes)
                .issued(identifier))
    }

    @Test func severalCertificates() async throws {
        let authority = try TestAuthority("Issuing CA")
        let leaves = try [authority.issue(serial: [1]), authority.issue(serial: [2])]
        let request = try OCSPRequest(derEncoded: try await Self.openSSLRequest(authority, leaves))
        #expect(request.certificateIdentifiers.map(\.serial) == [[1], [2]])
    }

    @Test func otherHashesAreReadAndNobodysIssuer() async throws {
        let authority = try TestAuthority("Issuing CA")
        let bytes = try await Self.openSSLRequest(authority, [try authority.issue()], ["-sha512"])
        let identifier = try #require(try OCSPRequest(derEncoded: bytes).certificateIdentifiers.first)
        #expect(identifier.hash == nil)
        #expect(try !OCSPIssuer(certificate: authority.certificate.derBytes).issued(identifier))
    }

    // MARK: Requests put together byte by byte

    static func octets(_ bytes: [UInt8] = []) -> [UInt8] { DERWriter.element(0x04, bytes) }
    static func sequence(_ parts: [UInt8]...) -> [UInt8] { DERWriter.element(0x30, parts) }
    static let sha1: [UInt8] = [0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a]
    static let hash = DERWriter.element(0x04, [UInt8](repeating: 7, count: 20))
    static let one: [UInt8] = [0x02, 0x01, 0x01]
    static let algorithm = sequence(sha1, [0x05, 0x00])
    static let nonce: [UInt8] = [0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02]
    static let unknown: [UInt8] = [0x06, 0x03, 0x2a, 0x03, 0x04]

    static func certID(_ algorithm: [UInt8] = algorithm, serial: [UInt8] = one) -> [UInt8] {
        sequence(algorithm, hash, hash, serial)
    }

    static func request(
        version: [UInt8] = [], requestor: [UInt8] = [], list: [UInt8] = sequence(sequence(certID())),
        extensions: [UInt8] = [], surplus: [UInt8] = [], signature: [UInt8] = []
    ) -> [UInt8] {
        sequence(sequence(version, requestor, list, extensions, surplus), signature)
    }

    static func extensions(_ parts: [UInt8]...) -> [UInt8] {
        DERWriter.element(0xa2, DERWriter.element(0x30, parts))
    }

    static func nonceExtension(_ value: [UInt8]) -> [UInt8] {
        extensions(sequence(nonce, octets(value)))
    }

    static let requestor = DERWriter.element(0xa1, DERWriter.element(0xa4, sequence()))
    static let critical: [UInt8] = [0x01, 0x01, 0xff]

    static let wellFormedRequests: [(String, [UInt8])] = [
        ("plain", request()),
        ("version written out", request(version: [0xa0, 0x03, 0x02, 0x01, 0x00])),
        ("with a requestor", request(requestor: requestor)),
        ("signed", request(signature: DERWriter.element(0xa0, sequence()))),
        ("algorithm without parameters", request(list: sequence(sequence(certID(sequence(sha1)))))),
        ("nonce of 1 byte", request(extensions: nonceExtension(octets([1])))),
        (
            "nonce of 128 bytes",
            request(extensions: nonceExtension(octets([UInt8](repeating: 1, count: 128))))
        ),
        ("unknown extension", request(extensions: extensions(sequence(unknown, octets())))),
        (
            "critical nonce",
            request(
                extensions: extensions(sequence(nonce, critical, octets([0x04, 0x01, 0x01]))))
        ),
        (
            "extensions of a single request",
            request(
                list: sequence(
                    sequence(
                        certID(),
                        DERWriter.element(0xa0, sequence(sequence(unknown, octets())))))
            )
        ),
    ]

    @Test(arguments: wellFormedRequests)
    func wellFormed(what: String, bytes: [UInt8]) throws {
        let request = try OCSPRequest(derEncoded: bytes)
        #expect(request.certificateIdentifiers.map(\.serial) == [[1]])
        #expect(request.certificateIdentifiers.first?.hash == .sha1)
    }

    @Test(arguments: [
        ("zero", [0x02, 0x01, 0x00]), ("negative", [0x02, 0x01, 0x80]),
        ("21 bytes", DERWriter.element(0x02, [UInt8](repeating: 1, count: 21))),
    ])
    func serialNumbersThatNobodyIssues(what: String, serial: [UInt8]) throws {
        let request = try OCSPRequest(
            derEncoded: Self.request(list: Self.sequence(Self.sequence(Self.certID(serial: serial)))))
        #expect(request.certificateIdentifiers.count == 1)
        #expect(request.certificateIdentifiers.first?.serial == nil)
    }

    static let malformedRequests: [(String, [UInt8])] = [
        ("nothing", []), ("not DER", Array("GET /".utf8)), ("a null", [0x05, 0x00]), ("empty", [0x30, 0x00]),
        ("indefinite length", [0x30, 0x80] + sequence(sequence(sequence(certID()))) + [0, 0]),
        ("trailing bytes", request() + [0]), ("cut off", Array(request().dropLast())),
        ("too large", sequence([UInt8](repeating: 0, count: OCSPRequest.maximumBytes))),
        ("no requests", request(list: sequence())), ("no list", sequence(sequence())),
        ("a list that is a set", request(list: DERWriter.element(0x31, sequence(certID())))),
        ("an empty request", request(list: sequence(sequence()))),
        ("an empty CertID", request(list: sequence(sequence(sequence())))),
        ("three parts", sequence(sequence(sequence(sequence(certID()))), DERWriter.element(0xa0, sequence()), one)),
        ("a signature without its tag", request(signature: sequence())),
        ("surplus fields", request(extensions: nonceExtension([4, 1, 1]), surplus: one)),
        ("surplus part of a request", request(list: sequence(sequence(certID(), one)))),
        ("surplus part of a CertID", request(list: sequence(sequence(sequence(algorithm, hash, hash, one, one))))),
        ("a hash that is a string", request(list: sequence(sequence(sequence(algorithm, hash, [0x0c, 0x00], one))))),
        ("a serial that is an octet string", request(list: sequence(sequence(certID(serial: hash))))),
        ("an empty serial", request(list: sequence(sequence(certID(serial: [0x02, 0x00]))))),
        ("a serial with surplus zeros", request(list: sequence(sequence(certID(serial: [0x02, 0x02, 0x00, 0x01]))))),
        ("odd parameters", request(list: sequence(sequence(certID(sequence(sha1, one)))))),
        ("surplus parameters", request(list: sequence(sequence(certID(sequence(sha1, [5, 0], [5, 0])))))),
        ("an algorithm without identifier", request(list: sequence(sequence(certID(sequence()))))),
        ("an empty version", request(version: [0xa0, 0x00])),
        ("a version that is a string", request(version: [0xa0, 0x02, 0x0c, 0x00])),
        ("an empty nonce", request(extensions: nonceExtension([0x04, 0x00]))),
        ("a nonce without its type", request(extensions: nonceExtension([0x01]))),
        (
            "a nonce of 129 bytes",
            request(extensions: nonceExtension(octets([UInt8](repeating: 1, count: 129))))
        ),
        (
            "an extension twice",
            request(
                extensions: extensions(
                    sequence(unknown, octets()), sequence(unknown, octets())))
        ),
        ("an extension without a value", request(extensions: extensions(sequence(unknown)))),
        ("an extension without a type", request(extensions: extensions(sequence()))),
        ("an odd boolean", request(extensions: extensions(sequence(unknown, [0x01, 0x01, 0x01], [0x04, 0x00])))),
        ("a boolean alone", request(extensions: extensions(sequence(unknown, critical)))),
    ]

    @Test(arguments: malformedRequests)
    func malformed(what: String, bytes: [UInt8]) {
        #expect(throws: OCSPRequestError(.malformed, "")) { try OCSPRequest(derEncoded: bytes) }
    }

    @Test func otherVersionsAndCriticalExtensionsAreNotUnderstood() {
        #expect(throws: OCSPRequestError(.unsupportedVersion, "")) {
            try OCSPRequest(derEncoded: Self.request(version: [0xa0, 0x03, 0x02, 0x01, 0x01]))
        }
        #expect(throws: OCSPRequestError(.unsupportedExtension, "")) {
            try OCSPRequest(
                derEncoded: Self.request(
                    extensions: Self.extensions(Self.sequence(Self.unknown, Self.critical, [0x04, 0x00]))))
        }
    }

    @Test func deepNestingIsRefused() {
        var bytes: [UInt8] = [0x05, 0x00]
        for _ in 0..<3_000 { bytes = DERWriter.element(0x30, bytes) }
        #expect(throws: OCSPRequestError(.malformed, "")) { try OCSPRequest(derEncoded: bytes) }
    }

    @Test func mutatedRequestsAreReadOrRefused() throws {
        let seeds = [
            Self.request(), Self.request(version: [0xa0, 0x03, 0x02, 0x01, 0x00], requestor: Self.requestor),
            Self.request(
                extensions: Self.extensions(
                    Self.sequence(Self.nonce, Self.critical, Self.octets([0x04, 0x01, 0x01])),
                    Self.sequence(Self.unknown, Self.octets()))),
        ]
        let issuer = try OCSPIssuer(certificate: try TestAuthority("ours").certificate.derBytes)
        var generator = MutationTests.Generator(state: 6960)
        var read = 0
        for round in 0..<20_000 {
            let bytes = MutationTests.mutated(seeds[round % seeds.count], by: &generator)
            do {
                let request = try OCSPRequest(derEncoded: bytes)
                #expect(!request.certificateIdentifiers.contains(where: issuer.issued))
                read += 1
            } catch {
                #expect(error is OCSPRequestError)
            }
        }
        #expect(read > 1_000)
    }
}
