internal import ArgumentParser
internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TransparencyLog

/// `estuary audit check-proof`
struct AuditCheckProofCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-proof",
        abstract: "Verify the proof that an event is in the log.",
        discussion: """
            Needs the log's public key and nothing else: no cluster, no connection. Prints the event that is proven. \
            Ends with 1 where the proof proves nothing.
            """)

    @Argument(help: "The proof, as `estuary audit prove` writes it.")
    var file: String
    @Option(help: ArgumentHelp("The log's public key, name+hash+base64, or a file that holds it.", valueName: "key"))
    var key: String
    @Option(help: ArgumentHelp("The event's bytes, where they are not in the proof.", valueName: "file"))
    var event: String?
    @Option(help: ArgumentHelp("The certificate (PEM or DER) that the event has to be about.", valueName: "file"))
    var certificate: String?
    @Option(
        help: ArgumentHelp(
            "The witness's public key, or a file that holds it: it has to have cosigned.", valueName: "key"))
    var witnessKey: String?
    @OptionGroup var output: OutputOptions

    private struct Object: Encodable {
        var origin: String
        var size: Int64
        var place: Int64
        var witnessedAt: Int64?
        var event: String
    }

    func run() throws {
        let log = try LogOptions.key(key)
        let witness = try witnessKey.map(LogOptions.key)
        do {
            let proof = try EntryProof(parsing: try Self.read(file))
            guard let line = try event.map(Self.read) ?? proof.extra else {
                throw Failure("The proof does not have the event itself.", hint: "Give its bytes with --event.")
            }
            let checkpoint = try proof.verify(line, log: log)
            var witnessedAt: Int64?
            if let witness {
                witnessedAt = try Cosignature.time(of: proof.checkpoint, by: witness)
                guard witnessedAt != nil else {
                    throw Failure("The checkpoint in the proof has no cosignature of «\(witness.name)».")
                }
            }
            let text = String(decoding: line, as: UTF8.self)
            let event = try? AuditEvent(line: text)
            try checkCertificate(event)
            if output.json {
                try Output.json(
                    Object(
                        origin: checkpoint.origin, size: checkpoint.size, place: proof.index + 1,
                        witnessedAt: witnessedAt, event: text))
                return
            }
            var facts = FactSheet()
            facts.add("log", checkpoint.origin)
            facts.add("place", "\(proof.index + 1) of \(checkpoint.size)")
            facts.add("witness", witnessedAt.map { "\(witness?.name ?? ""), at \(TimeText.absolute($0))" })
            facts.add("event", event.map(EventPrinter.text) ?? text)
            facts.add("certificate", certificate.map { "\($0) is the one that the event is about" })
            try Output.line(facts.text)
            try Output.line("The log has this event.")
        } catch let error as TransparencyLogError {
            throw Failure(error.description)
        }
    }

    private func checkCertificate(_ event: AuditEvent?) throws {
        guard let certificate else { return }
        let bytes = try Self.read(certificate)
        let der: [UInt8]
        if bytes.starts(with: Array("-----".utf8)) || !bytes.starts(with: [0x30]) {
            guard let document = try? PEMDocument(pemString: String(decoding: bytes, as: UTF8.self)) else {
                throw Failure("\(certificate) is no certificate.")
            }
            der = document.derBytes
        } else {
            der = bytes
        }
        guard event?.fingerprint == SHA256.hash(data: der).hexadecimal else {
            throw Failure("The event is about another certificate than \(certificate).")
        }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let bytes = FileManager.default.contents(atPath: path) else { throw Failure("\(path) can't be read.") }
        return Array(bytes)
    }
}
