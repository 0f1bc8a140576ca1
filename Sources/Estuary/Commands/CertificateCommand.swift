internal import ArgumentParser
internal import ClusterProtocol
internal import Foundation

/// `estuary certificate`
struct CertificateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate", abstract: "See and revoke certificates.",
        subcommands: [CertificateList.self, CertificateShow.self, CertificateRevoke.self])
}

/// `estuary certificate list`
struct CertificateList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List certificates, newest first.")

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var limit: LimitOptions
    @Option(help: "Only those of this device, by its id (`estuary device list`).")
    var device: String?
    @Option(help: "Only those with this common name or subjectAltName, exactly.")
    var name: String?
    @Option(help: "Only those issued on this label.")
    var label: String?
    @Option(help: "Only those asked for through this frontend.")
    var node: String?
    @Option(help: "Only those issued since: 2026-01-31T12:00:00Z, 2026-01-31, or so long ago: 2h, 7d.")
    var since: TimeArgument?
    @Flag(help: "Only revoked ones.")
    var revoked = false

    func run() async throws {
        let now = TimeText.now
        let listing = Listing<CertificateDescription>(
            json: output.json, limit: limit.limit,
            table: TextTable("SERIAL", "SUBJECT", "LABEL", "DEVICE", "ISSUED", "EXPIRES", "STATE"),
            empty: "There are no such certificates."
        ) { certificate, table in
            table.add(
                certificate.serial, certificate.subject, certificate.label, certificate.device,
                TimeText.relative(certificate.issuedAt, now: now), TimeText.relative(certificate.notAfter, now: now),
                certificate.state(now: now))
        }
        try await state.connection().withSigner { signer in
            try await listing.print { cursor in
                try await signer.listCertificates(
                    ListCertificatesRequest(
                        device: device, name: name, label: label, node: node, since: since?.secondsSince1970,
                        revokedOnly: revoked, cursor: cursor))
            }
        }
    }
}

/// `estuary certificate show`
struct CertificateShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one certificate.")

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The serial number, hexadecimal; colons and case don't matter.")
    var serial: String
    @Flag(help: "Print the certificate alone, in PEM.")
    var pem = false

    func validate() throws {
        if pem && output.json { throw ValidationError("--pem and --json exclude each other.") }
    }

    func run() async throws {
        let request = ShowCertificateRequest(serial: serial)
        let certificate = try await state.connection().withSigner { try await $0.showCertificate(request) }
        if output.json {
            try Output.json(certificate)
        } else if pem {
            guard let text = certificate.pem else {
                throw Failure("The signer did not send the certificate itself.")
            }
            try Output.line(text)
        } else {
            try Output.line(certificate.sheet(now: TimeText.now))
        }
    }
}

extension CertificateDescription {
    func state(now: Int64) -> String {
        if revokedAt != nil { return "revoked (\(revocationReason?.rawValue ?? "unspecified"))" }
        if notAfter <= now { return "expired" }
        return notBefore > now ? "not yet valid" : "valid"
    }

    func sheet(now: Int64) -> String {
        var sheet = FactSheet()
        sheet.add("serial", serial)
        sheet.add("state", state(now: now))
        sheet.add("subject", subject)
        sheet.add("names", names.joined(separator: ", "))
        sheet.add("device", device)
        sheet.add("authority", authority)
        sheet.add("label", label)
        sheet.add("profile", profile)
        sheet.add("frontend", node)
        sheet.add("issued", TimeText.full(issuedAt, now: now))
        sheet.add("not before", TimeText.full(notBefore, now: now))
        sheet.add("not after", TimeText.full(notAfter, now: now))
        sheet.add("revoked", revokedAt.map { TimeText.full($0, now: now) })
        sheet.add("sha256", fingerprint)
        return sheet.text + (pem.map { "\n" + $0 } ?? "")
    }

    var pem: String? {
        certificate.map { der in
            "-----BEGIN CERTIFICATE-----\n"
                + der.base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
                + "\n-----END CERTIFICATE-----"
        }
    }
}
