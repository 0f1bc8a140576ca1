internal import ArgumentParser
internal import Device
internal import DurableFiles
internal import Foundation

/// `estuary device serverkeygen`
struct DeviceServerKeyGeneration: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serverkeygen", abstract: "Get a key that the server makes, with its certificate (RFC 7030 §4.4).",
        discussion: """
            Without further ado the key comes protected by TLS alone, and is written as `enroll` writes it. With \
            --decrypt-certificate or --decrypt-key-name it comes encrypted for a key that the device has. This command \
            has nothing that opens it: it writes the CMS message, DER, to the key's file with `.p7m` behind its name. \
            `openssl cms -decrypt -binary -inform DER -in KEY.p7m` opens that; inside is a SignedData with an \
            asymmetric key package (RFC 5958).
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
            "PEM file of a certificate of the device: the key is to be encrypted for it.", valueName: "file"))
    var decryptCertificate: String?
    @Option(
        help: ArgumentHelp(
            "Name of a symmetric key that the device shares with the server: the key is to be encrypted with it.",
            valueName: "name"))
    var decryptKeyName: String?
    @Flag(help: "Ask again, in place of the key and certificate that are there.")
    var replace = false

    func validate() throws {
        guard decryptCertificate == nil || decryptKeyName == nil else {
            throw ValidationError("--decrypt-certificate and --decrypt-key-name: one key encrypts.")
        }
        guard decryptKeyName != "" else { throw ValidationError("--decrypt-key-name is empty.") }
    }

    func run() async throws {
        try await DeviceRun.perform {
            let lock = try credentials.lock()
            defer { withExtendedLifetime(lock) {} }
            let files = credentials.files
            try files.recover()
            for path in [files.key, files.certificate, message] where !replace {
                guard !FileManager.default.fileExists(atPath: path) else {
                    throw Failure("\(path) is there already.", hint: "Name other files, or replace it with --replace.")
                }
            }
            let client = try server.client(
                identity: clientCertificate.identity(), password: secret.password())
            let authorities = credentials.chain ? try await client.caCertificates() : []
            let protection = try protection()
            let generated = try await request.enrollment(client: client, wanted: names.wanted())
                .runServerKeyGeneration(protection: protection)
            let intermediates =
                credentials.chain
                ? CertificateChain.intermediates(
                    of: generated.certificate, among: generated.others + authorities) : []
            let chain = [generated.certificate] + intermediates
            var facts = InstalledFacts(
                renewed: true, certificate: files.certificate, facts: try CertificateFacts(generated.certificate))
            switch generated.key {
            case .plain(let key):
                if protection != nil {
                    Output.remark("The server sent the key unencrypted, although it was asked to encrypt it.")
                }
                try files.install(chain, key: key)
                facts.key = files.key
            case .enveloped(let bytes):
                // The key first: a certificate without it is of no use.
                try DurableFile.replace(path: message, contents: Data(bytes), mode: 0o600)
                try DurableFile.replace(
                    path: files.certificate, contents: Data(try chain.map { try $0.pem }.joined().utf8), mode: 0o600)
                facts.keyMessage = message
            }
            try facts.print(json: output.json)
        }
    }

    private var message: String { "\(credentials.key).p7m" }

    private func protection() throws -> KeyProtectionWish? {
        if let decryptKeyName { return .namedKey(decryptKeyName) }
        guard let decryptCertificate else { return nil }
        return try PEMFile.certificates(decryptCertificate).first.map { .certificate($0) }
    }
}
