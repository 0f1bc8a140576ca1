/// Rules for the addresses that an authority writes into certificates (RFC 5280 §4.2.1.13, §4.2.2.1).
package enum ServiceAddress {
    /// Why a text can't be such an address; nil for one that can.
    ///
    /// Readers are small clients: plain http or https, a host, and nothing that they may understand differently.
    package static func fault(in text: String) -> String? {
        guard let address = URIOutline(Array(text.utf8)), let host = address.host, !host.isEmpty else {
            return "an address such as http://crl.example.com/crl/devices.crl is expected"
        }
        let scheme = text.prefix { $0 != ":" }.lowercased()
        guard scheme == "http" || scheme == "https" else { return "only http and https are understood by clients" }
        guard !text.contains("#") else { return "a fragment («#…») is never sent" }
        guard !text.dropFirst(scheme.count + 3).prefix(while: { $0 != "/" && $0 != "?" }).contains("@") else {
            return "user information («…@») must not stand in a certificate"
        }
        return nil
    }
}
