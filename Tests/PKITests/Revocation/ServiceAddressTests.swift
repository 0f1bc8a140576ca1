internal import Testing

@testable internal import PKI

struct ServiceAddressTests {
    @Test(arguments: [
        "http://crl.example.com/crl/devices.crl", "https://crl.example.com:8443/crl/devices.crl?x=1",
        "http://[2001:db8::1]/ocsp/devices", "HTTP://10.0.0.1/",
    ])
    func addressesThatClientsUnderstand(text: String) {
        #expect(ServiceAddress.fault(in: text) == nil)
    }

    @Test(arguments: [
        "", "crl.example.com/crl", "ldap://example.com/cn=x", "ftp://example.com/x", "http:///crl", "http://",
        "http://user@example.com/", "http://user:pw@example.com/x", "http://example.com/#part", "http://exa mple.com/",
        "http://bücher.example/", "http:crl.example.com", "http://example.com/\u{0}",
    ])
    func others(text: String) {
        #expect(ServiceAddress.fault(in: text) != nil)
    }
}
