internal import TestRequests

extension HostileRequest {
    private static func row(
        _ input: String, _ outcome: Outcome = .refused(403, "certificate-untrusted"),
        _ change: (inout ForgedCertificate) -> Void
    ) -> HostileRequest {
        var certificate = ForgedCertificate()
        change(&certificate)
        return HostileRequest(
            group: .certificate, input: input, outcome: outcome, form: .certificate(certificate))
    }

    private static func filler(_ bytes: Int) -> [UInt8] {
        TestRequest.extensionRequest("1.3.6.1.4.1.55555.1", [UInt8](repeating: 0x05, count: bytes))
    }

    private static func until(_ input: String, _ outcome: Outcome, _ time: String) -> HostileRequest {
        row(input, outcome) { $0.notAfter = ForgedCertificate.generalized(time) }
    }

    private static let untrusted = Outcome.refused(403, "certificate-untrusted")
    private static let outsideValidity = Outcome.refused(403, "certificate-outside-validity")

    /// Certificates with the authority's own signature (but where it says otherwise), sent to `simplereenroll`.
    /// RFC 5280 §4.1; where the TLS library itself does not read one, the handshake fails.
    static let clientCertificates: [HostileRequest] = origins + times + fields + sizes

    private static let origins: [HostileRequest] = [
        row("one that the ledger does not have", untrusted) { _ in },
        row("one that signed itself", untrusted) { $0.signer = .itself },
        row("the authority's name with another signature", untrusted) { $0.signer = .nobody },
        row("an authority (CA:TRUE)", untrusted) {
            $0.extensions = [
                TestRequest.extensionRequest("2.5.29.19", critical: true, [0x30, 0x03, 0x01, 0x01, 0xff])
            ]
        },
        row("serverAuth only", untrusted) { $0.extensions = [TestRequest.usages(["1.3.6.1.5.5.7.3.1"])] },
        row("an unknown critical extension", untrusted) {
            $0.extensions.append(
                TestRequest.extensionRequest("1.3.6.1.4.1.55555.1", critical: true, [0x05, 0x00]))
        },
    ]

    /// RFC 5280 §4.1.2.5.
    private static let times: [HostileRequest] = [
        until("an end past 2050", untrusted, "20990101000000Z"),
        until("an end of 99991231235959Z", untrusted, "99991231235959Z"),
        until("an end in the year 0000", outsideValidity, "00000101000000Z"),
        until("an end with a fraction of a second", .tlsRefuses, "20490101000000.5Z"),
        until("an end with an offset", .tlsRefuses, "20490101000000+0100"),
        until("an end without seconds", .tlsRefuses, "204901010000Z"),
        until("an end without Z", .tlsRefuses, "20490101000000"),
        until("an end on 30 February", .tlsRefuses, "20490230000000Z"),
        until("an end in month 13", .tlsRefuses, "20491301000000Z"),
        until("an end that is no time", .tlsRefuses, "next week"),
        until("an end without a character", .tlsRefuses, ""),
        row("a UTCTime with an offset", untrusted) { $0.notAfter = ForgedCertificate.utc("490101000000+0100") },
        row("a UTCTime without seconds", .tlsRefuses) { $0.notAfter = ForgedCertificate.utc("4901010000Z") },
        row("a start in the year 0000", untrusted) {
            $0.notBefore = ForgedCertificate.generalized("00000101000000Z")
        },
        row("a start past 2050", outsideValidity) {
            $0.notBefore = ForgedCertificate.generalized("20510101000000Z")
            $0.notAfter = ForgedCertificate.generalized("20990101000000Z")
        },
        row("an end before its start", outsideValidity) {
            $0.notBefore = ForgedCertificate.utc("210101000000Z")
            $0.notAfter = ForgedCertificate.utc("200101000000Z")
        },
    ]

    private static let fields: [HostileRequest] = [
        row("a negative serial number", untrusted) { $0.serial = Part.integer([0x80, 0x01]) },
        row("the serial number 0", untrusted) { $0.serial = Part.integer([0]) },
        row("a serial number of 1,000 bytes", untrusted) {
            $0.serial = Part.integer([UInt8](repeating: 0x11, count: 1_000))
        },
        row("a v1 certificate", untrusted) {
            $0.version = []
            $0.extensions = []
        },
        row("a v1 certificate with extensions", .tlsRefuses) { $0.version = [] },
        row("a v4 certificate", .tlsRefuses) { $0.version = [0xa0, 0x03, 0x02, 0x01, 0x03] },
        row("another algorithm outside than inside", untrusted) { $0.outerAlgorithm = "1.2.840.10045.4.3.3" },
        row("unused bits in the signature", untrusted) { $0.unusedSignatureBits = 1 },
        row("NUL in its subject and in the request's", .profile("subject.encoding")) {
            $0.subject = Part.cn("x1\u{0}.example.com")
        },
        row("10,000 levels in an extension, over TLS 1.2", untrusted) {
            $0.maximumTLS = "1.2"
            $0.extensions.append(TestRequest.extensionRequest("1.3.6.1.4.1.55555.1", Part.nested(10_000)))
        },
        row("1,000 names, which the request does not have", .refused(403, "name-mismatch")) {
            $0.extensions.append(
                TestRequest.alternativeNames((0..<1_000).map { TestRequest.dns("\($0).example.com") }))
        },
    ]

    private static let sizes: [HostileRequest] = [
        row("a certificate of 20 KB", untrusted) { $0.extensions.append(filler(20_000)) },
        row("a certificate of 40 KB, over TLS 1.2", untrusted) {
            $0.extensions.append(filler(40_000))
            $0.maximumTLS = "1.2"
        },
        // The session ticket that BoringSSL sends first would hold the certificate, and has no room for it.
        row("a certificate of 40 KB, over TLS 1.3", .lost("certificate-untrusted")) {
            $0.extensions.append(filler(40_000))
        },
        row("a certificate of 200 KB", .tlsRefuses) { $0.extensions.append(filler(200_000)) },
        row("a chain of 50", untrusted) { $0.chainLength = 49 },
    ]
}
