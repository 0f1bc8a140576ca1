internal import TestRequests

/// One row of the table of hostile requests (case X1): what is sent, and the one right answer to it.
///
/// docs/conformance.md shows the table; ``ConformanceDocumentTests`` sees to it that the two agree.
struct HostileRequest: Sendable {
    enum Group: String, CaseIterable {
        case subject = "Subjects"
        case alternativeName = "Subject alternative names"
        case extensions = "Extensions and attributes"
        case key = "Keys"
        case signature = "Signatures"
        case encoding = "Encodings of the certification request"
        case body = "Bodies"
        case http = "HTTP"
        case certificate = "Client certificates"
        case manufacturer = "Manufacturers' certificates"
    }

    enum Outcome: Sendable, Equatable {
        /// 200 and a certificate, which the check of the row looks at.
        case issued
        /// Refused with an event that has this reason and, where a profile refuses, whose text begins with this rule.
        case refused(Int, String, rule: String?)
        /// Answered before anything that is recorded: there is no event.
        case unrecorded(Int)
        /// The TLS handshake fails.
        case tlsRefuses
        /// Refused with an event that has this reason; but the client gets no answer, since TLS fails before it.
        case lost(String)

        static func refused(_ status: Int, _ reason: String) -> Outcome {
            .refused(status, reason, rule: nil)
        }

        static let malformed = Outcome.refused(400, "malformed-request")
        static let badSignature = Outcome.refused(400, "bad-signature")

        static func profile(_ rule: String) -> Outcome {
            .refused(403, "profile-violation", rule: rule)
        }
    }

    enum Form: Sendable {
        /// A certification request with a good secret. One with the builder's own subject gets one of its own.
        case request(TestRequest)
        /// The same, as it is.
        case der([UInt8])
        /// The body of a `simpleenroll` with a good secret.
        case body([UInt8])
        /// All that is sent on the connection; `$AUTHORITY` stands for the frontend's `host:port`, `$SECRET` for the
        /// credentials of Basic, `$BODY` for a good request in base64, `$LENGTH` for its length.
        case connection([UInt8])
        /// A `simplereenroll` with this client certificate and chain; a `simpleenroll` with a manufacturer's.
        case certificate(ForgedCertificate)
    }

    var group: Group
    /// What is hostile about it.
    var input: String
    var outcome: Outcome
    var form: Form
    /// What a certificate that is issued must be like; nil where nothing is to be said.
    var check: CertificateCheck?

    enum CertificateCheck: Sendable {
        /// The DER has this, once or more.
        case contains([UInt8])
        /// The DER does not have this.
        case lacks([UInt8])
    }
}

extension HostileRequest {
    /// The whole table.
    static let all: [HostileRequest] =
        subjects + alternativeNames + extensionsAndAttributes + keys + signatures + encodings + bodies + http
        + clientCertificates + manufacturersCertificates

    /// The cells of the row in the table of docs/conformance.md.
    var columns: (input: String, status: String, reason: String) {
        switch outcome {
        case .issued: (input, "200", "–")
        case .refused(let status, let reason, nil): (input, "\(status)", "`\(reason)`")
        case .refused(let status, let reason, let rule?): (input, "\(status)", "`\(reason)`: `\(rule)`")
        case .unrecorded(let status): (input, "\(status)", "no event")
        case .tlsRefuses: (input, "TLS refuses", "no event")
        case .lost(let reason): (input, "connection closed", "`\(reason)`")
        }
    }
}

// MARK: - Bytes

/// Parts of certification requests, shortened for tables.
enum Part {
    static let commonName = "2.5.4.3"
    static let organizationalUnit = "2.5.4.11"

    static func cn(_ text: String, _ type: TestRequest.StringType = .utf8String) -> [UInt8] {
        TestRequest.name([(commonName, type, text)])
    }

    /// A subject with one attribute, whose value is any element.
    static func subject(_ type: String = commonName, value: [UInt8]) -> [UInt8] {
        TestRequest.sequence([relativeName(type, value: value)])
    }

    /// A subject with one attribute, whose value is these bytes under a tag.
    static func subject(_ type: String = commonName, tag: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        subject(type, value: TestRequest.element(tag, bytes))
    }

    static func relativeName(_ type: String, value: [UInt8]) -> [UInt8] {
        TestRequest.element(0x31, TestRequest.sequence([TestRequest.identifier(type), value]))
    }

    /// A subjectAltName with one name.
    static func name(_ name: [UInt8]) -> TestRequest {
        TestRequest(extensions: [TestRequest.alternativeNames([name])])
    }

    static func dns(_ text: String) -> TestRequest { name(TestRequest.dns(text)) }

    static func dns(_ bytes: [UInt8]) -> TestRequest { name(TestRequest.element(0x82, bytes)) }

    static func uri(_ text: String) -> TestRequest { name(TestRequest.uri(text)) }

    static func `extension`(_ type: String, critical: Bool = false, _ value: [UInt8]) -> TestRequest {
        TestRequest(extensions: [TestRequest.extensionRequest(type, critical: critical, value)])
    }

    /// A request that asks for an end of its certificate, with a privateKeyUsagePeriod.
    static func until(_ time: String) -> TestRequest {
        Part.extension("2.5.29.16", TestRequest.sequence([TestRequest.element(0x81, Array(time.utf8))]))
    }

    static func integer(_ bytes: [UInt8]) -> [UInt8] { TestRequest.element(0x02, bytes) }

    static func keyInfo(_ algorithm: [[UInt8]], _ key: [UInt8]) -> [UInt8] {
        TestRequest.sequence([TestRequest.sequence(algorithm), TestRequest.element(0x03, [0] + key)])
    }

    /// A request for a key with such a SubjectPublicKeyInfo, signed by another.
    static func key(_ info: [UInt8]) -> TestRequest {
        TestRequest(publicKeyInfo: info)
    }

    static func rsa(_ modulus: [UInt8], _ exponent: [UInt8] = [1, 0, 1]) -> TestRequest {
        key(
            keyInfo(
                [TestRequest.identifier("1.2.840.113549.1.1.1"), [0x05, 0x00]],
                TestRequest.sequence([integer(modulus), integer(exponent)])))
    }

    /// A positive, odd number of so many bytes whose highest bit is set.
    static func modulus(bytes: Int, last: UInt8 = 0x01) -> [UInt8] {
        var number = [UInt8](repeating: 0x5b, count: bytes + 1)
        number[0] = 0
        number[1] = 0xc3
        number[bytes] = last
        return number
    }

    static func ec(_ parameters: [UInt8], _ point: [UInt8]) -> TestRequest {
        key(keyInfo([TestRequest.identifier("1.2.840.10045.2.1"), parameters], point))
    }

    static func p256(_ point: [UInt8]) -> TestRequest {
        ec(TestRequest.identifier("1.2.840.10045.3.1.7"), point)
    }

    /// So many levels, each the only contents of the one around it.
    static func nested(_ levels: Int, tag: UInt8 = 0x30) -> [UInt8] {
        // From the inside out, backwards, so that ten thousand levels do not copy ten thousand times.
        var reversed: [UInt8] = []
        for _ in 0..<levels {
            let length = reversed.count
            if length < 0x80 {
                reversed.append(UInt8(length))
            } else if length < 0x100 {
                reversed += [UInt8(length), 0x81]
            } else {
                reversed += [UInt8(length & 0xff), UInt8(length >> 8 & 0xff), 0x82]
            }
            reversed.append(tag)
        }
        return reversed.reversed()
    }

    static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
}
