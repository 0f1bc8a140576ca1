internal import ArgumentParser
internal import Device
internal import ProcessLife

/// Where a device keeps its key and certificate.
struct CredentialOptions: ParsableArguments {
    @Option(help: ArgumentHelp("PEM file of the device's key; made where it is missing.", valueName: "file"))
    var key: String
    @Option(help: ArgumentHelp("PEM file of the device's certificate.", valueName: "file"))
    var certificate: String
    @Flag(help: "Write the intermediate certificates behind the device's own.")
    var chain = false

    func validate() throws {
        guard key != certificate else { throw ValidationError("--key and --certificate name the same file.") }
    }

    var files: CredentialFiles { CredentialFiles(key: key, certificate: certificate) }

    /// Keeps other runs of these commands away from the files: a timer's and a person's.
    func lock() throws -> ExclusiveLock {
        do {
            return try ExclusiveLock(path: "\(key).lock")
        } catch let error as ExclusiveLockError {
            throw Failure(error.description)
        }
    }
}

/// How a request is made.
struct RequestOptions: ParsableArguments {
    @Option(
        help: """
            Whether the request is bound to its TLS connection (RFC 7030 §3.5); auto: where the server's csrattrs ask.
            """)
    var channelBinding = Enrollment.ChannelBindingUse.asked
    @Flag(name: .customLong("no-csrattrs"), help: "Don't ask the server what it wants requests to contain.")
    var ignoresAttributes = false

    func enrollment(client: ESTClient, wanted: WantedCertificate) -> Enrollment {
        var enrollment = Enrollment(client: client, wanted: wanted)
        enrollment.channelBinding = channelBinding
        enrollment.followsAttributes = !ignoresAttributes
        return enrollment
    }
}

extension DeviceKey.Kind: ExpressibleByArgument {}
extension Enrollment.ChannelBindingUse: ExpressibleByArgument {}
