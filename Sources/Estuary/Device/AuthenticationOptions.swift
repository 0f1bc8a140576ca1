internal import ArgumentParser
internal import Device
internal import Foundation
internal import X509

/// The secret that a device shows. It is never an argument, which every user of the machine can read.
struct SecretOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File with the enrollment secret or password; - for standard input. Without it ESTUARY_SECRET counts.",
            valueName: "file"))
    var secretFile: String?
    @Option(
        help: ArgumentHelp("The user name that goes with the secret, where the server wants one.", valueName: "name"))
    var user: String?

    static let variable = "ESTUARY_SECRET"
    private static let maximumBytes = 4096

    func password(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> HTTPPassword? {
        let secret: String
        if let secretFile {
            secret = try Self.read(secretFile)
            guard !secret.isEmpty else { throw Failure("\(secretFile) is empty; it must have the secret.") }
        } else if let value = environment[Self.variable], !value.isEmpty {
            secret = value
        } else {
            guard user == nil else {
                throw Failure("--user is of no use without a secret.", hint: "Give it with --secret-file.")
            }
            return nil
        }
        if let user, user.contains(":") { throw Failure("A user name has no colon (RFC 7617).") }
        return HTTPPassword(user: user ?? "", password: secret)
    }

    /// The first line.
    private static func read(_ path: String) throws -> String {
        let file: FileHandle
        if path == "-" {
            file = .standardInput
        } else {
            do {
                file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            } catch {
                throw Failure("The secret in \(path) can't be read: \(FileText.reason(error)).")
            }
        }
        var bytes = Data()
        while bytes.count <= maximumBytes, let more = try file.read(upToCount: maximumBytes + 1), !more.isEmpty {
            bytes += more
        }
        guard bytes.count <= maximumBytes else { throw Failure("\(path) is too long for a secret.") }
        let line = bytes.prefix { $0 != 0x0a && $0 != 0x0d }
        guard let text = String(validating: line, as: UTF8.self) else { throw Failure("\(path) is no text.") }
        return text
    }
}

/// A certificate that a device has from elsewhere, such as its maker's.
struct ClientCertificateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "PEM file of a certificate to show at the first enrollment, such as the maker's, with its chain.",
            valueName: "file"))
    var clientCertificate: String?
    @Option(help: ArgumentHelp("PEM file of that certificate's key.", valueName: "file"))
    var clientKey: String?

    func validate() throws {
        guard (clientCertificate == nil) == (clientKey == nil) else {
            throw ValidationError("--client-certificate and --client-key go together.")
        }
    }

    func identity() throws -> ClientTLS.Identity? {
        guard let clientCertificate, let clientKey else { return nil }
        let identity = ClientTLS.Identity(
            chain: try PEMFile.certificates(clientCertificate), key: try PEMFile.key(clientKey))
        guard identity.chain.first?.publicKey == identity.key.publicKey else {
            throw Failure("The first certificate in \(clientCertificate) is not for the key in \(clientKey).")
        }
        return identity
    }
}
