internal import ArgumentParser
internal import Device
internal import X509

/// `estuary device enroll`
struct DeviceEnroll: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enroll", abstract: "Get the device's first certificate (RFC 7030 §4.2.1).",
        discussion: """
            The device shows a secret (--secret-file, or ESTUARY_SECRET), a certificate from elsewhere such as its \
            maker's (--client-certificate, --client-key), or both. It makes a key where there is none, of the kind that \
            the server's csrattrs ask for. Key and certificate are written whole or not at all, for the user alone \
            (0600), the key first. Interrupted at any point, the same command goes on with the same key; the request \
            may be approved meanwhile.
            """)

    @OptionGroup(title: "Server") var server: ServerOptions
    @OptionGroup(title: "Authentication") var secret: SecretOptions
    @OptionGroup(title: "Authentication") var clientCertificate: ClientCertificateOptions
    @OptionGroup(title: "Names") var names: NameOptions
    @OptionGroup(title: "Files") var credentials: CredentialOptions
    @OptionGroup(title: "Request") var request: RequestOptions
    @OptionGroup var output: OutputOptions
    @Option(
        help: ArgumentHelp(
            "The kind of key to make; without it what csrattrs ask for, or else p256.", valueName: "kind"))
    var keyType: DeviceKey.Kind?
    @Flag(help: "Enroll again, in place of the certificate that is there. With the same key unless --new-key says not.")
    var replace = false
    @Flag(help: "With --replace: make a new key, too.")
    var newKey = false

    func validate() throws {
        guard !newKey || replace else {
            throw ValidationError("--new-key is for --replace: a first key is always new.")
        }
    }

    func run() async throws {
        try await DeviceRun.perform {
            let lock = try credentials.lock()
            defer { withExtendedLifetime(lock) {} }
            let files = credentials.files
            let completed = try files.recover()
            if let present = try files.load(), let certificate = present.chain.first, !replace {
                guard completed else {
                    throw Failure(
                        "\(files.certificate) has a certificate already.",
                        hint: "Renew it with `estuary device renew`, or enroll again with --replace.")
                }
                Output.remark("The certificate of an enrollment that was interrupted is now in place.")
                return try report(certificate)
            }
            let client = try server.client(
                identity: clientCertificate.identity(), password: secret.password())
            // Before the enrollment: a certificate must not be lost for want of its chain.
            let authorities = credentials.chain ? try await client.caCertificates() : []
            let issued = try await request.enrollment(client: client, wanted: names.wanted()).run(.enroll) { wishes in
                let kind = try KeyChoice.kind(asked: keyType, wishes: wishes)
                return replace && newKey
                    ? try files.keyForReplacement(kind, insists: keyType != nil)
                    : try files.keyForEnrollment(kind, insists: keyType != nil)
            }
            try files.install(issued.chain(credentials.chain, authorities), key: issued.key)
            try report(issued.certificate)
        }
    }

    private func report(_ certificate: Certificate) throws {
        try InstalledFacts(
            renewed: true, key: credentials.key, certificate: credentials.certificate,
            facts: CertificateFacts(certificate)
        ).print(json: output.json)
    }
}
