internal import ArgumentParser
internal import Device
internal import Foundation
internal import SwiftASN1
internal import X509

/// Which server a fleet talks to, and how the two know each other.
struct FleetServerOptions: ParsableArguments {
    @Argument(help: "The server: https://HOST[:PORT][/.well-known/est/LABEL].")
    var server: String
    @Option(help: "The label in the path (RFC 7030 §3.2.2).")
    var label: String?
    @Option(
        help: ArgumentHelp("Trust these certificates, PEM, and no other. Without it: the system's.", valueName: "file"))
    var trustAnchor: String?
    @Flag(help: "Verify nothing of the server. For tests alone.")
    var insecure = false
    @Option(help: ArgumentHelp("The enrollment secret, in the first line of a file.", valueName: "file"))
    var secretFile: String?
    @Option(help: ArgumentHelp("The enrollment secret, in an environment variable.", valueName: "name"))
    var secretEnvironment: String?
    @Option(help: ArgumentHelp("The user name before the secret; ours needs none.", valueName: "name"))
    var user = ""

    var hasSecret: Bool { secretFile != nil || secretEnvironment != nil }

    func validate() throws {
        if insecure, trustAnchor != nil { throw ValidationError("--insecure and --trust-anchor exclude each other.") }
        if secretFile != nil, secretEnvironment != nil {
            throw ValidationError("--secret-file and --secret-environment exclude each other.")
        }
        if user.contains(":") { throw ValidationError("A user name has no colon (RFC 7617 §2).") }
    }

    func address() throws -> ESTServer {
        do {
            return try ESTServer(server, label: label)
        } catch let error as ESTServer.InvalidAddress {
            throw ValidationError("\(error.description).")
        }
    }

    func trust() throws -> ClientTLS.Trust {
        if insecure { return .provisional }
        guard let trustAnchor else { return .system }
        do {
            let text = try String(contentsOfFile: trustAnchor, encoding: .utf8)
            let anchors = try PEMDocument.parseMultiple(pemString: text)
                .filter { $0.discriminator == "CERTIFICATE" }
                .map { try Certificate(derEncoded: $0.derBytes) }
            if !anchors.isEmpty { return .anchors(anchors) }
        } catch {
            throw Failure("\(trustAnchor) has no certificate in PEM that can be read: \(error).")
        }
        throw Failure("\(trustAnchor) has no certificate in PEM.")
    }

    func password() throws -> HTTPPassword? {
        var secret: String?
        if let secretFile {
            do {
                let text = try String(contentsOfFile: secretFile, encoding: .utf8)
                secret = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            } catch {
                throw Failure("The secret in \(secretFile) can't be read.")
            }
        } else if let secretEnvironment {
            secret = ProcessInfo.processInfo.environment[secretEnvironment] ?? ""
        }
        guard let secret else { return nil }
        let trimmed = secret.trimmingCharacters(in: .whitespaces)
        guard !trimmed.isEmpty, trimmed.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw Failure(
                "There is no secret in \(secretFile ?? secretEnvironment.map { "$\($0)" } ?? "the file").",
                hint: "`estuary token create` makes one; a fleet needs one with as many uses as it has devices.")
        }
        return HTTPPassword(user: user, password: trimmed)
    }
}
