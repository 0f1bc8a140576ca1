internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import TestRequests
internal import Testing
internal import X509

@testable internal import PKI

/// Broken input by the ten thousands: whatever it is, it is parsed or refused, and nothing traps.
struct MutationTests {
    /// The same mutations on every run (SplitMix64).
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }

    static func mutated(_ bytes: [UInt8], by generator: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 2:
                bytes[place] = [0x00, 0x7f, 0x80, 0x81, 0x82, 0xff, 0x30, 0x31].randomElement(using: &generator) ?? 0
            case 3: bytes.remove(at: place)
            case 4: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            case 5: bytes[place] &+= 1
            case 6: bytes[place] &-= 1
            default:
                let end = min(bytes.count, place + Int.random(in: 1...16, using: &generator))
                let other = Int.random(in: 0..<bytes.count, using: &generator)
                bytes.replaceSubrange(place..<end, with: bytes[other..<min(bytes.count, other + end - place)])
            }
        }
        return bytes
    }

    static let key = try! Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 7, count: 32))

    static func rich() -> TestRequest {
        TestRequest(
            subject: TestRequest.name([
                ("2.5.4.6", .printableString, "DE"), ("2.5.4.10", .bmpString, "Müller"),
                ("2.5.4.3", .utf8String, "a.example.com"),
            ]),
            extensions: [
                TestRequest.alternativeNames([
                    TestRequest.dns("xn--bcher-kva.example.com"), TestRequest.ip([10, 0, 0, 1]),
                    TestRequest.uri("https://example.com/devices/1"), TestRequest.email("a@example.com"),
                    TestRequest.dns("*.wild.example.com"),
                ]), TestRequest.usages(["1.3.6.1.5.5.7.3.2"]), TestRequest.keyUsage(0xc0),
                TestRequest.extensionRequest("2.5.29.19", [0x30, 0x00]),
                TestRequest.extensionRequest("2.5.29.14", [0x04, 0x02, 0x01, 0x02]),
                TestRequest.extensionRequest(
                    "2.5.29.16", TestRequest.sequence([DERWriter.element(0x81, Array("20300102030405Z".utf8))])),
            ],
            attributes: [
                TestRequest.attribute("1.2.840.113549.1.9.7", [TestRequest.string(.teletexString, "secret")]),
                TestRequest.attribute(
                    "1.3.6.1.5.5.7.7.36",
                    [
                        TestRequest.sequence([
                            TestRequest.name([("2.5.4.3", .utf8String, "b")]),
                            TestRequest.sequence([TestRequest.dns("b.example.com")]),
                        ])
                    ]),
            ], ed25519Key: key)
    }

    @Test func mutatedRequestsAreParsedOrRefused() throws {
        let authority = try TestAuthority("ours")
        let certificate = try authority.issue()
        let seeds = try [
            Self.rich().encoded(), TestRequest(omitsAttributes: true, ed25519Key: Self.key).encoded(), Fixtures.rsa,
            Fixtures.ellipticCurve,
        ]
        var profile = Profile.test
        profile.validity.longer = .clamp
        var generator = Generator(state: 8951)
        var parsed = 0
        var admitted = 0
        for round in 0..<20_000 {
            let bytes = Self.mutated(seeds[round % seeds.count], by: &generator)
            // Most mutations break the signature: every other one is looked at as if that were no matter.
            let request: CertificationRequest
            do {
                request = try CertificationRequest(derEncoded: bytes, verifiesSignature: round % 8 < 4)
            } catch {
                #expect(error is CertificationRequestError)
                continue
            }
            parsed += 1
            _ = request.names
            _ = request.canonicalExtensions
            _ = RenewalNames.difference(request: request, certificate: certificate)
            do {
                let result = try profile.admit(request, now: 1_800_000_000, changesNames: round % 3 == 0)
                _ = try result.alternativeNameExtension()
                _ = try result.keyUsageExtension()
                _ = try result.extendedKeyUsageExtension()
                var serializer = DER.Serializer()
                try serializer.serialize(result.subject)
                admitted += 1
            } catch {
                #expect(error is ProfileViolation)
            }
        }
        // Else this test would look at nothing but broken outer structures.
        #expect(parsed > 2_000)
        #expect(admitted > 200)
    }

    @Test func mutatedCertificatesAreReadOrRefused() throws {
        let authority = try TestAuthority("ours", key: .init(Self.key))
        let seed = try authority.issue(
            key: .init(Self.key.publicKey),
            extensions: .init([
                .init(
                    oid: [2, 5, 29, 17], critical: false, value: TestRequest.sequence([TestRequest.dns("a.b")])[...]),
                .init(ExtendedKeyUsage([.clientAuth]), critical: false),
                .init(BasicConstraints.notCertificateAuthority, critical: true),
                .init(KeyUsage(digitalSignature: true), critical: true),
            ])
        ).derBytes
        let request = try TestRequest().request()
        var generator = Generator(state: 5280)
        var read = 0
        for _ in 0..<4_000 {
            let bytes = Self.mutated(seed, by: &generator)
            guard let certificate = try? ClientCertificate(chain: [bytes]) else { continue }
            read += 1
            let judged = certificate.judge(
                authorities: [authority.authority], now: 1_500_000_000, gracePeriod: .max)
            if bytes != seed { #expect(judged != .accepted(authority: "ours")) }
            _ = RenewalNames.difference(request: request, certificate: certificate.leaf)
            _ = try? CanonicalName.list(of: certificate.leaf)
            _ = certificate.isRegistrationAuthority
            _ = certificate.serial
        }
        #expect(read > 200)
    }

    @Test func mutatedBodiesAreReadOrRefused() throws {
        let seed = Array(Base64Body.encode(Fixtures.rsa, layout: .lines).utf8)
        var generator = Generator(state: 7030)
        for _ in 0..<4_000 {
            let body = Self.mutated(seed, by: &generator)
            _ = Base64Body.layout(of: body)
            do {
                _ = try Base64Body.decode(body)
            } catch {
                #expect(error is CertificationRequestError)
            }
        }
    }
}
