internal import ClusterProtocol
internal import Foundation

/// A real event's line, cut where each row's own values go.
struct EventTemplate: Sendable {
    /// What differs from row to row.
    enum Field: Int, CaseIterable {
        case id, sequence, time, serial, device, certificate, fingerprint, subject, name, key, digest, notBefore
        case notAfter, principal, requestID, salt
    }

    /// Text, then a field, and so on; the last text has none after it.
    private let pieces: [(text: [UInt8], field: Field?)]

    /// The longest number that a sequence can't have by chance.
    private static let sequenceMark: Int64 = 8_765_432_101_234_567

    init(_ real: AuditEvent) throws {
        func mark(_ field: Field) -> String { "@\(field)@" }
        var event = real
        event.id = mark(.id)
        event.sequence = Self.sequenceMark
        event.time = mark(.time)
        event.serial = mark(.serial)
        event.device = mark(.device)
        event.certificate = Data("estuary-bench certificate".utf8)
        event.fingerprint = mark(.fingerprint)
        event.subject = mark(.subject)
        event.names = [mark(.name)]
        event.spkiSHA256 = mark(.key)
        event.requestDigest = mark(.digest)
        event.notBefore = mark(.notBefore)
        event.notAfter = mark(.notAfter)
        event.principal = mark(.principal)
        event.requestID = mark(.requestID)
        event.salt = mark(.salt)
        let line = try event.line()
        var cuts: [(range: Range<String.Index>, field: Field)] = []
        for field in Field.allCases {
            let text =
                switch field {
                case .sequence: String(Self.sequenceMark)
                case .certificate: Data("estuary-bench certificate".utf8).base64EncodedString()
                default: mark(field)
                }
            guard let range = line.range(of: text) else {
                throw BenchFailure("An event has no place for \(field) any more: the filler must follow.")
            }
            cuts.append((range, field))
        }
        cuts.sort { $0.range.lowerBound < $1.range.lowerBound }
        var pieces: [(text: [UInt8], field: Field?)] = []
        var place = line.startIndex
        for cut in cuts {
            pieces.append((Array(line[place..<cut.range.lowerBound].utf8), cut.field))
            place = cut.range.upperBound
        }
        pieces.append((Array(line[place...].utf8), nil))
        self.pieces = pieces
    }

    /// The line with these values, in the order of ``Field``.
    func line(_ values: [String]) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(2600)
        for piece in pieces {
            bytes += piece.text
            if let field = piece.field { bytes += values[field.rawValue].utf8 }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
