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

    /// - Parameter fields: what differs from row to row; all else stays as it is.
    init(_ real: AuditEvent, fields: [Field] = Field.allCases) throws {
        var event = real
        for field in fields { Self.mark(field, in: &event) }
        let line = try event.line()
        var cuts: [(range: Range<String.Index>, field: Field)] = []
        for field in fields {
            let text =
                switch field {
                case .sequence: String(Self.sequenceMark)
                case .certificate: Self.certificateMark.base64EncodedString()
                default: Self.mark(field)
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

    private static let certificateMark = Data("estuary-bench certificate".utf8)

    private static func mark(_ field: Field) -> String { "@\(field)@" }

    private static func mark(_ field: Field, in event: inout AuditEvent) {
        let text = mark(field)
        switch field {
        case .id: event.id = text
        case .sequence: event.sequence = sequenceMark
        case .time: event.time = text
        case .serial: event.serial = text
        case .device: event.device = text
        case .certificate: event.certificate = certificateMark
        case .fingerprint: event.fingerprint = text
        case .subject: event.subject = text
        case .name: event.names = [text]
        case .key: event.spkiSHA256 = text
        case .digest: event.requestDigest = text
        case .notBefore: event.notBefore = text
        case .notAfter: event.notAfter = text
        case .principal: event.principal = text
        case .requestID: event.requestID = text
        case .salt: event.salt = text
        }
    }

    /// The line with these values, in the order of ``Field``; those of other fields are not looked at.
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
