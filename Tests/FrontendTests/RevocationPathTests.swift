internal import Testing

@testable internal import Frontend

@Suite struct RevocationPathTests {
    @Test(arguments: [
        ("/crl/devices.crl", RevocationPath.revocationList(authority: "devices")),
        ("/crl/devices.crl?x=/y", .revocationList(authority: "devices")),
        ("http://any.example/crl/devices.crl", .revocationList(authority: "devices")),
        ("HTTPS://any.example/ocsp/devices", .certificateStatus(authority: "devices", request: nil)),
        ("/crl/a.crl.crl", .revocationList(authority: "a.crl")),
        ("/ocsp/devices", .certificateStatus(authority: "devices", request: nil)),
        ("/ocsp/devices?x", .certificateStatus(authority: "devices", request: nil)),
        ("/ocsp/devices/MEow", .certificateStatus(authority: "devices", request: "MEow")),
        ("/ocsp/devices/ME//b%2Bc=/", .certificateStatus(authority: "devices", request: "ME//b%2Bc=/")),
    ])
    func whatIsServedIsTakenApart(target: String, path: RevocationPath) {
        #expect(RevocationPath(target) == path)
    }

    @Test(arguments: [
        "", "/", "/crl", "/crl/", "/crl/.crl", "/crl/devices", "/crl/devices.crl/", "/crl/x/devices.crl",
        "/crl//devices.crl", "//crl/devices.crl", "/CRL/devices.crl", "/crl/devices.CRL", "/crl/devices.crl%00",
        "/%63rl/devices.crl", "/ocsp", "/ocsp/", "/ocsp//MEow", "/ocsp/devices/", "/OCSP/devices",
        "/.well-known/est/crl/devices.crl", "crl/devices.crl", "http:///crl/devices.crl", "ftp://x/crl/devices.crl",
    ])
    func anotherSpellingIsNone(target: String) {
        #expect(RevocationPath(target) == nil)
    }
}
