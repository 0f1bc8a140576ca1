internal import Foundation

/// Writes the line of an event: byte for byte what Foundation's `JSONEncoder` makes of the same fields with sorted keys
/// and without escaped slashes, but that what a reader can't see is escaped, too.
///
/// Every enrollment makes a line, and this takes a twentieth of the time that `JSONEncoder` takes.
struct EventLineWriter {
    private(set) var bytes: [UInt8] = []
    /// Where the event's number stands.
    private(set) var sequence = 0..<0

    init(_ event: AuditEvent) {
        bytes.reserveCapacity(1024 + (event.certificate?.count ?? 0) * 4 / 3)
        bytes.append(UInt8(ascii: "{"))
        for (field, name) in EventField.all {
            write(field, name, of: event)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func write(_ field: EventField, _ name: [UInt8], of event: AuditEvent) {
        switch field {
        case .authentication: write(name, event.authentication?.rawValue)
        case .authority: write(name, event.authority)
        case .certificate: write(name, event.certificate)
        case .channelBinding: write(name, event.channelBinding?.rawValue)
        case .count: write(name, event.count)
        case .decision: write(name, event.decision?.rawValue)
        case .device: write(name, event.device)
        case .fingerprint: write(name, event.fingerprint)
        case .id: write(name, event.id)
        case .idempotencyScope: write(name, event.idempotencyScope)
        case .label: write(name, event.label)
        case .labels: write(name, event.labels)
        case .manufacturerIdentity: write(name, event.manufacturerIdentity)
        case .manufacturerKeySHA256: write(name, event.manufacturerKeySHA256)
        case .names: write(name, event.names)
        case .namesCount: write(name, event.namesCount)
        case .namesSHA256: write(name, event.namesSHA256)
        case .node: write(name, event.node)
        case .notAfter: write(name, event.notAfter)
        case .notBefore: write(name, event.notBefore)
        case .operation: write(name, event.operation)
        case .operator: write(name, event.operator)
        case .principal: write(name, event.principal)
        case .profile: write(name, event.profile)
        case .profileVersion: write(name, event.profileVersion)
        case .publicKey: write(name, event.publicKey)
        case .reason: write(name, event.reason)
        case .reasonText: write(name, event.reasonText)
        case .remarks: write(name, event.remarks)
        case .remoteAddress: write(name, event.remoteAddress)
        case .requestDigest: write(name, event.requestDigest)
        case .requestID: write(name, event.requestID)
        case .revocationReason: write(name, event.revocationReason)
        case .role: write(name, event.role)
        case .run: write(name, event.run)
        case .salt: write(name, event.salt)
        case .schema: write(name, event.schema)
        case .scope: write(name, event.scope?.rawValue)
        case .sequence:
            write(name)
            let start = bytes.count
            append(event.sequence)
            sequence = start..<bytes.count
        case .serial: write(name, event.serial)
        case .source: write(name, event.source)
        case .spkiSHA256: write(name, event.spkiSHA256)
        case .subject: write(name, event.subject)
        case .supersedes: write(name, event.supersedes)
        case .time: write(name, event.time)
        case .type: write(name, event.type.rawValue)
        }
    }

    // MARK: Fields

    private mutating func write(_ name: [UInt8]) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: name)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func write(_ name: [UInt8], _ text: String?) {
        guard let text else { return }
        write(name)
        append(text)
    }

    private mutating func write(_ name: [UInt8], _ number: Int?) {
        guard let number else { return }
        write(name)
        append(Int64(number))
    }

    private mutating func write(_ name: [UInt8], _ texts: [String]?) {
        guard let texts else { return }
        write(name)
        bytes.append(UInt8(ascii: "["))
        for (index, text) in texts.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(text)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ name: [UInt8], _ data: Data?) {
        guard let data else { return }
        write(name)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: data.base64EncodedString().utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    // MARK: Values

    private mutating func append(_ number: Int64) {
        bytes.append(contentsOf: String(number).utf8)
    }

    private mutating func append(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        let isPlain =
            text.utf8.withContiguousStorageIfAvailable { characters in
                characters.allSatisfy(Self.isPlain)
            } ?? text.utf8.allSatisfy(Self.isPlain)
        if isPlain {
            bytes.append(contentsOf: text.utf8)
        } else {
            for scalar in text.unicodeScalars {
                append(scalar)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Whether a byte of UTF-8 is a character that stands for itself in any line.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20...0x7e).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"", "\\": bytes += [UInt8(ascii: "\\"), UInt8(ascii: scalar)]
        case "\u{8}": bytes += [UInt8(ascii: "\\"), UInt8(ascii: "b")]
        case "\t": bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
        case "\n": bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
        case "\u{c}": bytes += [UInt8(ascii: "\\"), UInt8(ascii: "f")]
        case "\r": bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
        case _ where Self.isInvisible(scalar):
            let digits = String(scalar.value, radix: 16)
            bytes.append(contentsOf: "\\u".utf8)
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count))
            bytes.append(contentsOf: digits.utf8)
        default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    /// What a reader can't see: controls, which JSON escapes anyway or allows bare, bidirectional and line-breaking
    /// characters. None is beyond the basic plane.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f...0x9f, 0x61c, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff: true
        default: false
        }
    }
}
