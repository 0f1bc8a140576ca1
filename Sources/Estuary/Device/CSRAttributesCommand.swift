internal import ArgumentParser
internal import Device
internal import Foundation
internal import SwiftASN1
internal import X509

/// `estuary device csrattrs`
struct DeviceCSRAttributes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "csrattrs", abstract: "Show what the server wants requests to contain (RFC 7030 §4.5, RFC 9908).",
        discussion: "`enroll` asks for itself; this is to look at.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var secret: SecretOptions
    @OptionGroup var clientCertificate: ClientCertificateOptions
    @OptionGroup var output: OutputOptions

    private struct Facts: Encodable {
        var keyType: String?
        var channelBinding: Bool
        /// With the value that the request is to have.
        var extensions: [String]
        /// Those that the device fills in.
        var openExtensions: [String]
        var subjectAttributes: [String]
        var openSubjectAttributes: [String]
        /// The answer, base64 of DER; empty where the server says nothing.
        var der: String
    }

    func run() async throws {
        try await DeviceRun.perform {
            let client = try server.client(
                identity: clientCertificate.identity(), password: secret.password())
            let encoded = try await client.encodedAttributes()
            let wishes = try encoded.map(CSRAttributesAnswer.init(derEncoded:)) ?? CSRAttributesAnswer()
            let facts = Facts(
                keyType: wishes.keyKind?.rawValue ?? wishes.unknownKeyKind,
                channelBinding: wishes.needsChannelBinding,
                extensions: wishes.extensions.map(\.oid.description), openExtensions: wishes.openExtensions,
                subjectAttributes: wishes.fixedSubjectAttributes.map(\.description),
                openSubjectAttributes: wishes.openSubjectAttributes,
                der: encoded.map { Data($0).base64EncodedString() } ?? "")
            guard !output.json else { return try Output.json(facts) }
            guard encoded != nil else { return Output.remark("The server says nothing of what it wants.") }
            var sheet = FactSheet()
            sheet.add("key type", facts.keyType ?? "any")
            sheet.add("channel binding", facts.channelBinding ? "asked for" : "not asked for")
            sheet.add("extensions", text(facts.extensions))
            sheet.add("extensions to fill in", text(facts.openExtensions))
            sheet.add("subject", facts.subjectAttributes.joined(separator: ", "))
            sheet.add("subject to fill in", text(facts.openSubjectAttributes))
            try Output.line(sheet.text)
        }
    }

    private func text(_ identifiers: [String]) -> String {
        identifiers.map(AttributeNames.text).joined(separator: ", ")
    }
}
