internal import Crypto
internal import Foundation
internal import PKI

extension AuditEvent {
    /// The most bytes that an event's line may have.
    package static let maximumLineBytes = 32 * 1024

    /// The event as one line of JSON, without the line break: what is stored, hashed and sent.
    ///
    /// Fields stand in the order of their names. Control and bidirectional characters are escaped, so that no terminal
    /// and no page shows a line as another than it is. Where the line would be longer than `maximumBytes`, every list and
    /// text is cut, the names with their count and hash: no event is longer, whatever went into it.
    ///
    /// - Throws: ``EventLineError`` where what is never cut, such as the run, is too long by itself.
    package func line(maximumBytes: Int = AuditEvent.maximumLineBytes) throws -> String {
        String(decoding: try written(maximumBytes: maximumBytes).bytes, as: UTF8.self)
    }

    /// The line, and where its number stands.
    func written(maximumBytes: Int) throws -> EventLineWriter {
        let full = EventLineWriter(self)
        guard full.bytes.count > maximumBytes else { return full }
        var cut = self
        if let names, !names.isEmpty {
            cut.namesCount = names.count
            cut.namesSHA256 = SHA256.hash(data: Data(names.joined(separator: "\n").utf8)).hexadecimal
            cut.names = AuditEvent.prefix(of: names, maximumBytes: maximumBytes / 8)
        }
        for text in AuditEvent.texts {
            cut[keyPath: text] = cut[keyPath: text].map { AuditEvent.cut($0, maximumBytes: maximumBytes / 64) }
        }
        cut.remarks = remarks.map { AuditEvent.prefix(of: $0, maximumBytes: maximumBytes / 16) }
        cut.labels = labels.map { AuditEvent.prefix(of: $0, maximumBytes: maximumBytes / 16) }
        let line = EventLineWriter(cut)
        guard line.bytes.count > maximumBytes else { return line }
        // Only the certificate can still be that long. Its fingerprint stays.
        cut.certificate = nil
        let last = EventLineWriter(cut)
        guard last.bytes.count <= maximumBytes else { throw EventLineError("the event is too long") }
        return last
    }

    /// Every text that comes from outside of the process that makes the event.
    private static var texts: [WritableKeyPath<AuditEvent, String?>] {
        [
            \.reason, \.reasonText, \.node, \.label, \.profile, \.operation, \.principal, \.operator, \.remoteAddress,
            \.subject, \.namesSHA256, \.spkiSHA256, \.requestDigest, \.authority, \.serial, \.device, \.fingerprint,
            \.notBefore, \.notAfter, \.revocationReason, \.requestID, \.idempotencyScope, \.manufacturerIdentity,
            \.manufacturerKeySHA256, \.publicKey, \.role, \.supersedes,
        ]
    }

    /// An event read back from its line.
    ///
    /// - Throws: ``EventLineError`` where the line is no event of this version, apart from its schema.
    package init(line: String) throws {
        var line = line
        self = try line.withUTF8 { bytes in
            var reader = EventLineReader(bytes)
            return try AuditEvent(&reader)
        }
    }

    private init(_ reader: inout EventLineReader) throws {
        // Every field that has to be there is: the reader sees to that.
        self.init(unread: .issued)
        try reader.readFields { field, value in
            switch field {
            case .authentication: authentication = try value.choice(Authentication.self)
            case .authority: authority = try value.text()
            case .certificate: certificate = try value.data()
            case .channelBinding: channelBinding = try value.choice(ChannelBindingFinding.self)
            case .count: count = try value.integer()
            case .decision: decision = try value.choice(Decision.self)
            case .device: device = try value.text()
            case .fingerprint: fingerprint = try value.text()
            case .id: id = try value.text()
            case .idempotencyScope: idempotencyScope = try value.text()
            case .label: label = try value.text()
            case .labels: labels = try value.texts()
            case .manufacturerIdentity: manufacturerIdentity = try value.text()
            case .manufacturerKeySHA256: manufacturerKeySHA256 = try value.text()
            case .names: names = try value.texts()
            case .namesCount: namesCount = try value.integer()
            case .namesSHA256: namesSHA256 = try value.text()
            case .node: node = try value.text()
            case .notAfter: notAfter = try value.text()
            case .notBefore: notBefore = try value.text()
            case .operation: operation = try value.text()
            case .operator: self.operator = try value.text()
            case .principal: principal = try value.text()
            case .profile: profile = try value.text()
            case .profileVersion: profileVersion = try value.integer()
            case .publicKey: publicKey = try value.text()
            case .reason: reason = try value.text()
            case .reasonText: reasonText = try value.text()
            case .remarks: remarks = try value.texts()
            case .remoteAddress: remoteAddress = try value.text()
            case .requestDigest: requestDigest = try value.text()
            case .requestID: requestID = try value.text()
            case .revocationReason: revocationReason = try value.text()
            case .role: role = try value.text()
            case .run: run = try value.text()
            case .salt: salt = try value.text()
            case .schema: schema = try value.integer()
            case .scope: scope = try value.choice(Scope.self)
            case .sequence: sequence = try value.integer()
            case .serial: serial = try value.text()
            case .source: source = try value.text()
            case .spkiSHA256: spkiSHA256 = try value.text()
            case .subject: subject = try value.text()
            case .supersedes: supersedes = try value.text()
            case .time: time = try value.text()
            case .type: type = try value.choice(Kind.self)
            }
        }
    }

    private static func prefix(of list: [String], maximumBytes: Int) -> [String] {
        var left = maximumBytes
        return Array(
            list.prefix { text in
                left -= 6 * text.utf8.count + 3
                return left >= 0
            })
    }

    private static func cut(_ text: String, maximumBytes: Int) -> String {
        guard 6 * text.utf8.count > maximumBytes else { return text }
        return String(text.unicodeScalars.prefix(maximumBytes / 24)) + "…"
    }
}
