internal import ArgumentParser
internal import Device
internal import DurableFiles
internal import Foundation
internal import PKI
internal import X509

/// `estuary device cacerts`
struct DeviceCACertificates: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cacerts", abstract: "Fetch the authority's certificates (RFC 7030 §4.1).",
        discussion: """
            At the first contact the device trusts nothing yet: give the SHA-256 fingerprint of the root certificate, \
            which you have by another way (`openssl x509 -in root.pem -noout -fingerprint -sha256`). Nothing that the \
            server sends counts unless a certificate in it has that fingerprint and the server's TLS certificate \
            verifies under it. The output is what the other commands take as --trust-anchor.
            """)

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("SHA-256 of the root certificate, in hexadecimal.", valueName: "sha256"))
    var fingerprint: Fingerprint?
    @Option(name: .customLong("output"), help: ArgumentHelp("Write the certificates to this file.", valueName: "file"))
    var path: String?

    private struct Facts: Encodable {
        var subject: String
        var issuer: String
        var notAfter: Int64
        var fingerprint: String
        var certificate: String
    }

    func validate() throws {
        guard fingerprint == nil || server.place.trustAnchor == nil else {
            throw ValidationError("--fingerprint and --trust-anchor are two ways to trust; give one.")
        }
    }

    func run() async throws {
        try await DeviceRun.perform {
            let client = try server.client()
            let certificates =
                if let fingerprint {
                    try await client.caCertificates(pinned: fingerprint.bytes)
                } else {
                    try await client.caCertificates()
                }
            let pem = try certificates.map { try $0.pem }.joined()
            if let path {
                try DurableFile.replace(path: path, contents: Data(pem.utf8), mode: 0o644)
            }
            if output.json {
                for one in certificates {
                    try Output.json(
                        Facts(
                            subject: one.subject.description, issuer: one.issuer.description,
                            notAfter: Int64(one.notValidAfter.timeIntervalSince1970),
                            fingerprint: try one.sha256.hexadecimal, certificate: try one.pem))
                }
            } else if path == nil {
                try Output.write(pem, to: STDOUT_FILENO)
            }
        }
    }
}

/// SHA-256 in hexadecimal, with colons or without.
struct Fingerprint: ExpressibleByArgument, Equatable {
    let bytes: [UInt8]

    init?(argument: String) {
        let digits = argument.utf8.filter { $0 != UInt8(ascii: ":") }
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: 64, by: 2) {
            guard let byte = UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        self.bytes = bytes
    }
}
