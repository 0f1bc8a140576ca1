internal import FuzzEngine
internal import SwiftASN1
internal import X509

@testable internal import PKI

extension FuzzTarget {
    /// The body of an enrollment: base64 as RFC 8951 has it, then PKCS#10. An input that begins like DER is taken for
    /// what the base64 stands for, so that the fuzzer gets there at once.
    static let certificationRequest = FuzzTarget(name: "certification-request") { input in
        guard input.first != 0x30 else {
            parse(input)
            return
        }
        let layout = Base64Body.layout(of: input)
        let der: [UInt8]
        do {
            der = try Base64Body.decode(input)
        } catch {
            expect(error is CertificationRequestError, "a body that is not base64 is refused in a known way")
            return
        }
        for written in [layout, .oneLine, .lines] {
            let body = Array(Base64Body.encode(der, layout: written).utf8)
            expect((try? Base64Body.decode(body)) == der, "what is written in base64 is read back")
        }
        let digits = input.filter { !($0 == 0x20 || (0x09...0x0d).contains($0)) }
        if digits.first != UInt8(ascii: "-") {
            expect(
                Array(Base64Body.encode(der, layout: .oneLine).utf8.dropLast()) == digits,
                "the same bytes have one spelling but for white space")
        }
        parse(der)
    }

    private static func parse(_ der: [UInt8]) {
        let verified = request { try CertificationRequest(derEncoded: der) }
        // Without the signature, so that the fuzzer, which can't sign, gets behind it.
        let unverified = request { try CertificationRequest(derEncoded: der, verifiesSignature: false) }
        if let verified {
            expect(unverified?.publicKeyDER == verified.publicKeyDER, "the signature decides nothing else")
        }
        if let unverified {
            check(unverified)
        }
        if let made = request({ try CertificationRequest(forServerKey: der) }) {
            expect(made.publicKey == nil, "a request for a key of the server's proves none")
            look(made)
        }
    }

    private static func request(_ body: () throws -> CertificationRequest) -> CertificationRequest? {
        do {
            return try body()
        } catch {
            expect(error is CertificationRequestError, "a request is refused in a known way, not by \(error)")
            return nil
        }
    }

    private static func check(_ request: CertificationRequest) {
        if let key = request.publicKey {
            // Keys are blocked by the hash of one and compared by the hash of the other.
            expect(
                must("a key is written", { try DERWriter.encode(key) }) == request.publicKeyDER,
                "a key has one encoding")
        }
        let subject = must("a subject is written") { try DERWriter.encode(request.subject) }
        expect(
            must("a subject is read back", { try DistinguishedName(derEncoded: DER.parse(subject)) })
                == request.subject,
            "a subject is the same when read back")
        look(request)
    }

    private static func look(_ request: CertificationRequest) {
        _ = request.names
        _ = request.canonicalExtensions
        for changesNames in [false, true] {
            do {
                let admitted = try FuzzFixtures.profile.admit(request, now: 1_800_000_000, changesNames: changesNames)
                _ = must("the names are written") { try admitted.alternativeNameExtension() }
                _ = must("the key usage is written") { try admitted.keyUsageExtension() }
                _ = must("the extended key usage is written") { try admitted.extendedKeyUsageExtension() }
            } catch {
                expect(error is ProfileViolation, "a profile refuses in a known way, not by \(error)")
            }
        }
    }
}
