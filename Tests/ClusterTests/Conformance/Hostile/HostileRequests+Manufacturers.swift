internal import TestRequests

extension HostileRequest {
    private static func row(
        _ input: String, _ outcome: Outcome = .refused(403, "certificate-untrusted"),
        _ change: (inout ForgedCertificate) -> Void
    ) -> HostileRequest {
        var certificate = ForgedCertificate()
        certificate.signer = .manufacturer
        change(&certificate)
        return HostileRequest(
            group: .manufacturer, input: input, outcome: outcome, form: .certificate(certificate))
    }

    private static func until(_ input: String, _ outcome: Outcome, _ time: String) -> HostileRequest {
        row(input, outcome) { $0.notAfter = ForgedCertificate.generalized(time) }
    }

    /// Certificates with the signature of a manufacturer whose devices may enroll: no ledger has them, so that what is
    /// odd about them alone decides. RFC 5280 §4.1, §4.2, §6.1; what it forbids only those who issue is served.
    static let manufacturersCertificates: [HostileRequest] = [
        row("nothing odd: issued", .issued) { _ in },
        row("the manufacturer's name with another signature") { $0.signer = .nobodyAsManufacturer },
        until("an end past 2050: issued", .issued, "20990101000000Z"),
        until("an end of 99991231235959Z: issued", .issued, "99991231235959Z"),
        until("a GeneralizedTime before 2050: issued", .issued, "20490101000000Z"),
        until("an end in the year 0000", .refused(403, "certificate-outside-validity"), "00000101000000Z"),
        until("an end with a fraction of a second", .tlsRefuses, "20490101000000.5Z"),
        until("an end with an offset", .tlsRefuses, "20490101000000+0100"),
        row("a UTCTime with an offset") { $0.notAfter = ForgedCertificate.utc("490101000000+0100") },
        row("a start past 2050", .refused(403, "certificate-outside-validity")) {
            $0.notBefore = ForgedCertificate.generalized("20510101000000Z")
            $0.notAfter = ForgedCertificate.generalized("20990101000000Z")
        },
        row("a negative serial number") {
            $0.serial = Part.integer([0x80, 0x01])
        },
        row("an unknown critical extension") {
            $0.extensions.append(
                TestRequest.extensionRequest("1.3.6.1.4.1.55555.1", critical: true, [0x05, 0x00]))
        },
        row("an authority (CA:TRUE)") {
            $0.extensions = [
                TestRequest.extensionRequest("2.5.29.19", critical: true, [0x30, 0x03, 0x01, 0x01, 0xff])
            ]
        },
        row("serverAuth only") { $0.extensions = [TestRequest.usages(["1.3.6.1.5.5.7.3.1"])] },
        row("another algorithm outside than inside") { $0.outerAlgorithm = "1.2.840.10045.4.3.3" },
        row("unused bits in the signature") { $0.unusedSignatureBits = 1 },
        row("a chain of 50") { $0.chainLength = 49 },
    ]
}
