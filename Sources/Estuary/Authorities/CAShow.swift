internal import ArgumentParser
internal import ClusterProtocol

/// `estuary ca show`
struct CAShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show every authority, and what its `cacerts` has.",
        discussion: """
            What the files say, which the signer has in force since the last `estuary reload`. During a roll-over the \
            roots are called as in RFC 4210 §4.4: NewWithOld is the new root's key, certified by the old root.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let now = TimeText.now
        let authorities: [AuthorityFacts] = try await AuthorityProgram(state: state.directory()).run(["show"])
        for (index, authority) in authorities.enumerated() {
            guard !output.json else {
                try Output.json(authority)
                continue
            }
            if index > 0 { try Output.line("") }
            var sheet = FactSheet()
            sheet.add("authority", authority.name)
            sheet.add("labels", authority.labels.isEmpty ? nil : authority.labels.joined(separator: ", "))
            sheet.add(
                "predecessor at",
                authority.predecessorOf.isEmpty ? nil : authority.predecessorOf.joined(separator: ", "))
            sheet.add("key", authority.key + (authority.keyIsEncrypted ? " (encrypted)" : ""))
            sheet.add("problem", authority.problem)
            try Output.line(sheet.text)
            var table = TextTable("CACERTS", "SUBJECT", "SERIAL", "FROM", "UNTIL")
            for certificate in authority.caCertificates {
                table.add(
                    certificate.role, certificate.subject, certificate.serial,
                    TimeText.absolute(certificate.notBefore), TimeText.full(certificate.notAfter, now: now))
            }
            if !authority.caCertificates.isEmpty { try Output.line(table.render()) }
        }
    }
}
