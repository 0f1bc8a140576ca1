internal import ArgumentParser
internal import ClusterProtocol

/// `estuary certificate revoke`
struct CertificateRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke a certificate, and with it its device; or all that came through a stolen frontend.",
        usage: """
            estuary certificate revoke <serial> [--only] [--reason <reason>]
            estuary certificate revoke --node <node> --since <since> [--only] [--reason <reason>]
            """,
        discussion: """
            With a serial number every unexpired certificate of the device is revoked, and its names are blocked, so \
            that no enrollment secret brings them back, until `estuary name release`. A key revoked for keyCompromise \
            is refused for ever.

            With --node and --since it revokes what `estuary certificate list` lists with the same options, and what \
            those devices have got by it since, through whichever frontend; all in one CRL. Certificates that a device \
            had before stay good, and no name is blocked. Remove the frontend first: `estuary node remove`.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The serial number, hexadecimal; colons and case don't matter.")
    var serial: String?
    @Option(help: "Instead of one: everything asked for through this frontend, its own certificates included.")
    var node: String?
    @Option(help: "With --node: issued since 2026-01-31T12:00:00Z, 2026-01-31, or so long ago: 2h, 7d.")
    var since: TimeArgument?
    @Flag(help: "Nothing but what is named: with a serial number this one certificate, and nothing is blocked.")
    var only = false
    @Option(
        help: ArgumentHelp(
            "Why: \(RevocationReason.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "reason"))
    var reason = RevocationReason.unspecified

    func validate() throws {
        if serial != nil && (node != nil || since != nil) {
            throw ValidationError("A serial number excludes --node and --since.")
        }
        guard serial == nil, node == nil || since == nil else { return }
        throw ValidationError(
            node == nil
                ? "Name a certificate by its serial number, or a frontend by --node and --since."
                : "--node needs --since: revoke from when on?")
    }

    func run() async throws {
        if let serial {
            try await revoke(serial: serial)
        } else if let node, let since {
            try await revoke(through: node, since: since.secondsSince1970)
        }
    }

    private func revoke(serial: String) async throws {
        let request = RevokeCertificateRequest(serial: serial, reason: reason, only: only)
        let reply = try await state.connection().withSigner { try await $0.revokeCertificate(request) }
        if output.json {
            try Output.json(reply)
        } else {
            try Output.line(reply.summary)
        }
    }

    /// Revokes a page after the other, and prints what each has revoked: it is revoked whatever becomes of the next.
    private func revoke(through node: String, since: Int64) async throws {
        let now = TimeText.now
        let listing = Listing<RevokedCertificate>(
            json: output.json, limit: nil, table: TextTable("SERIAL", "LABEL", "DEVICE", "FRONTEND", "ISSUED"),
            empty: "Nothing was left to revoke."
        ) { certificate, table in
            table.add(
                certificate.serial, certificate.label, certificate.device, certificate.node,
                TimeText.relative(certificate.issuedAt, now: now))
        }
        try await state.connection().withSigner { signer in
            var isAdmitted = false
            var revoked = 0
            try await listing.print { cursor in
                let reply = try await signer.revokeNodeCertificates(
                    RevokeNodeCertificatesRequest(
                        node: node, since: since, reason: reason, only: only, cursor: cursor))
                isAdmitted = reply.nodeIsAdmitted
                revoked += reply.page.items.count
                return reply.page
            }
            if revoked > 0 { Output.remark("Revoked \(revoked) certificate\(revoked == 1 ? "" : "s").") }
            if isAdmitted {
                Output.remark(
                    "The frontend «\(node)» may go on asking for certificates: `estuary node remove \(node)`.")
            }
        }
    }
}

/// Arguments are matched without case: `keycompromise` is fine.
extension RevocationReason: ExpressibleByArgument {
    package init?(argument: String) {
        guard let reason = Self.allCases.first(where: { $0.rawValue.lowercased() == argument.lowercased() }) else {
            return nil
        }
        self = reason
    }
}

extension RevokeCertificateReply {
    var summary: String {
        // A frontend's own certificate, or an OCSP responder's, has no device.
        let owner = device.isEmpty ? "" : " of device \(device)"
        let what =
            revoked.isEmpty
            ? "Nothing was left to revoke\(owner)." : "Revoked\(owner): \(revoked.joined(separator: ", "))."
        guard !blockedNames.isEmpty else { return what }
        return what + "\nBlocked until `estuary name release`: "
            + blockedNames.map(PlainText.visible).joined(separator: ", ") + "."
    }
}
