internal import ArgumentParser
internal import Device
internal import Foundation
internal import X509

/// What `reenroll` and `renew` share.
struct RenewalOptions: ParsableArguments {
    @OptionGroup(title: "Server") var server: ServerOptions
    @OptionGroup(title: "Authentication") var secret: SecretOptions
    @OptionGroup(title: "Files") var credentials: CredentialOptions
    @OptionGroup(title: "Request") var request: RequestOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "Make a new key, too; it takes the place of the old one together with the new certificate.")
    var newKey = false
    @Option(
        help: ArgumentHelp(
            "With --new-key: its kind; without it what csrattrs ask for, or else that of the old one.",
            valueName: "kind"))
    var keyType: DeviceKey.Kind?

    func validate() throws {
        guard keyType == nil || newKey else { throw ValidationError("--key-type is for --new-key.") }
    }

    /// - Parameter onlyIfNeeded: does nothing before the point of the validity that the schedule gives.
    func renew(onlyIfNeeded: Bool) async throws {
        try await DeviceRun.perform {
            let lock = try credentials.lock()
            defer { withExtendedLifetime(lock) {} }
            let files = credentials.files
            if try files.recover() {
                Output.remark("The certificate of a renewal that was interrupted is now in place.")
            }
            guard let present = try files.load(), let certificate = present.chain.first else {
                throw Failure(
                    "There is no certificate in \(files.certificate) to renew.",
                    hint: "Get the first one with `estuary device enroll`.")
            }
            let due = try RenewalSchedule.standard.due(certificate)
            guard !onlyIfNeeded || Date() >= due else { return try reportNotDue(certificate, due) }
            if certificate.notValidAfter < Date() {
                Output.remark(
                    """
                    The certificate has ended at \(TimeText.absolute(Int64(certificate.notValidAfter.timeIntervalSince1970))): \
                    the server may refuse it. Then enroll the device again, with `estuary device enroll --replace`.
                    """)
            }
            let client = try server.client(identity: present, password: secret.password())
            // Before the renewal: a certificate must not be lost for want of its chain.
            let authorities = credentials.chain ? try await client.caCertificates() : []
            let renewal = request.enrollment(client: client, wanted: try WantedCertificate(renewing: certificate))
            let issued = try await renewal.run(.renew) { wishes in
                guard newKey else { return present.key }
                let kind = try KeyChoice.kind(asked: keyType, wishes: wishes, present: present.key.kind)
                return try files.keyForReplacement(kind, insists: keyType != nil)
            }
            try files.install(issued.chain(credentials.chain, authorities), key: issued.key)
            try InstalledFacts(
                renewed: true, key: files.key, certificate: files.certificate,
                facts: CertificateFacts(issued.certificate)
            ).print(json: output.json)
        }
    }

    private func reportNotDue(_ certificate: Certificate, _ due: Date) throws {
        guard !output.json else {
            return try InstalledFacts(
                renewed: false, key: credentials.key, certificate: credentials.certificate,
                facts: CertificateFacts(certificate)
            ).print(json: true)
        }
        let now = TimeText.now
        try Output.line(
            "Nothing to do: \(credentials.certificate) is to be renewed from "
                + "\(TimeText.full(Int64(due.timeIntervalSince1970), now: now)) on, and ends "
                + "\(TimeText.full(Int64(certificate.notValidAfter.timeIntervalSince1970), now: now)).")
    }
}

/// `estuary device reenroll`
struct DeviceReenroll: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reenroll", abstract: "Renew the device's certificate now (RFC 7030 §4.2.2).",
        discussion: """
            The device shows the certificate that it has, and asks for another with the same names, for the same key or \
            (--new-key) for a new one. Interrupted at any point, key and certificate still belong together, and the same \
            command goes on.
            """)

    @OptionGroup var renewal: RenewalOptions

    func run() async throws {
        try await renewal.renew(onlyIfNeeded: false)
    }
}

/// `estuary device renew`
struct DeviceRenew: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew", abstract: "Renew the device's certificate, with --if-needed when it is time.",
        discussion: """
            For a timer: `renew --if-needed` does nothing, with exit status 0, before a point between half and three \
            quarters of the certificate's validity. The point is made of the certificate itself: always the same for \
            one, and another for each device, so that those enrolled together don't come back together. Without \
            --if-needed it is `reenroll`.
            """)

    @OptionGroup var renewal: RenewalOptions
    @Flag(help: "Do nothing before the certificate's time.")
    var ifNeeded = false

    func run() async throws {
        try await renewal.renew(onlyIfNeeded: ifNeeded)
    }
}
