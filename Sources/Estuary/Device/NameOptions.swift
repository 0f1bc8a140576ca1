internal import ArgumentParser
internal import Device
internal import PKI
internal import SwiftASN1
internal import X509

/// The names that a device asks for.
struct NameOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A common name, CN=pump-7,O=Example (as RFC 4514 and this command write it) or /O=Example/CN=pump-7.",
            valueName: "subject"))
    var subject: String?
    @Option(help: ArgumentHelp("A DNS name. May be given several times, like the other names.", valueName: "name"))
    var dns: [String] = []
    @Option(help: ArgumentHelp("An IP address.", valueName: "address"))
    var ip: [String] = []
    @Option(help: ArgumentHelp("A URI.", valueName: "uri"))
    var uri: [String] = []
    @Option(help: ArgumentHelp("A mail address.", valueName: "address"))
    var email: [String] = []

    func validate() throws {
        _ = try wanted()
    }

    func wanted() throws -> WantedCertificate {
        let name: DistinguishedName
        do {
            name = try subject.map { try SubjectText($0).name } ?? DistinguishedName()
        } catch let error as SubjectText.Invalid {
            throw ValidationError("--subject: \(error.description).")
        }
        let alternatives =
            try dns.map { GeneralName.dnsName(try ascii($0, "--dns")) }
            + ip.map { text in
                guard let address = IPAddress(text) else { throw ValidationError("--ip: «\(text)» is no IP address.") }
                return .ipAddress(ASN1OctetString(contentBytes: address.bytes[...]))
            }
            + uri.map { .uniformResourceIdentifier(try ascii($0, "--uri")) }
            + email.map { .rfc822Name(try ascii($0, "--email")) }
        guard !name.isEmpty || !alternatives.isEmpty else {
            throw ValidationError("The device needs a name: give --subject, --dns or another.")
        }
        return WantedCertificate(subject: name, alternativeNames: alternatives)
    }

    private func ascii(_ text: String, _ option: String) throws -> String {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw ValidationError("\(option): «\(text)» must be ASCII without spaces; international names as xn--….")
        }
        return text
    }
}
