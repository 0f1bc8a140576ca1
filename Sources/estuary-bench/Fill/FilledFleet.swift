internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import PKI

/// A fleet whose certificates were issued over the last months: what each row of ledger and log says of it.
///
/// Everything is as of a real one that this cluster has issued but for what differs from device to device. Most
/// certificates can't be verified, since only serial number and name were put into them; every so many is really signed,
/// for re-enrollments that meet rows from all over the tables.
struct FilledFleet: Sendable {
    /// Certificates live for 90 days, so that all of these are still valid.
    private static let span: Int64 = 85 * 86400
    /// Acknowledged events stay in the outbox for so long.
    private static let retention: Int64 = 14 * 86400
    /// Outcomes are given again for so long.
    private static let replayWindow: Int64 = 86400

    let count: Int
    /// In seconds since 1970.
    let now: Int64
    let template: FillTemplate
    /// Really signed certificates by their rows' numbers.
    var signed: [Int: Data] = [:]

    struct Row {
        var serial: Data
        var device: Int64
        var name: String
        var der: Data
        /// In milliseconds since 1970.
        var issuedAt: Int64
        /// In seconds since 1970.
        var notBefore: Int64
        var notAfter: Int64
        var isInOutbox: Bool
        var isReplayed: Bool
    }

    func serial(_ row: Int) -> Data {
        // As SerialNumberSource makes them: microseconds since 2020 and a counter, then random bits.
        let time = UInt64(max(0, microseconds(row) - 1_577_836_800_000_000)) << 12 | UInt64(row & 0xfff)
        var random = RowRandom(row: row, purpose: 1)
        var serial = Data(capacity: 16)
        withUnsafeBytes(of: time.bigEndian) { serial.append(contentsOf: $0) }
        serial.append(random.bytes(words: 1))
        return serial
    }

    func row(_ number: Int) -> Row {
        let serial = serial(number)
        let name = DeviceName.text(number)
        let issuedAt = microseconds(number) / 1000
        let seconds = issuedAt / 1000
        return Row(
            serial: serial, device: serial.prefix(8).reduce(0) { $0 << 8 | Int64($1) }, name: name,
            der: signed[number] ?? template.certificate(serial: serial, name: name), issuedAt: issuedAt,
            notBefore: seconds - 300, notAfter: seconds + 90 * 86400,
            isInOutbox: number == count - 1 || seconds > now - Self.retention,
            isReplayed: seconds > now - Self.replayWindow)
    }

    func keySHA256(_ number: Int) -> Data {
        var random = RowRandom(row: number, purpose: 2)
        return random.bytes(words: 4)
    }

    func digest(_ number: Int) -> Data {
        var random = RowRandom(row: number, purpose: 3)
        return random.bytes(words: 4)
    }

    /// An event's line.
    func event(_ number: Int, _ row: Row, sequence: Int64) -> String {
        var random = RowRandom(row: number, purpose: 4)
        let id = random.identifier()
        let time = UTCTime.text(milliseconds: row.issuedAt)
        // Most events of a fleet are renewals, each by the certificate before.
        let principal =
            number % 10 == 0 ? template.secretPrincipal : "certificate:" + random.hexadecimal(words: 2)
        let serial = row.serial.hexadecimal
        let subject = template.subject(name: row.name)
        let nameText = template.nameText(name: row.name)
        return template.event.line([
            id, String(sequence), time, serial, Self.hexadecimal(row.device), row.der.base64EncodedString(),
            Data(SHA256.hash(data: row.der)).hexadecimal, subject, nameText, keySHA256(number).hexadecimal,
            digest(number).hexadecimal, UTCTime.text(milliseconds: row.notBefore * 1000),
            UTCTime.text(milliseconds: row.notAfter * 1000), principal, "bench-\(number)",
            random.hexadecimal(words: 2),
        ])
    }

    private func microseconds(_ row: Int) -> Int64 {
        let step = Self.span * 1_000_000 / Int64(max(1, count))
        return (now - Self.span - 60) * 1_000_000 + Int64(row) * step
    }

    private static func hexadecimal(_ number: Int64) -> String {
        withUnsafeBytes(of: number.bigEndian) { Data($0) }.hexadecimal
    }
}

/// Times as events write them, quicker than Foundation does it.
enum UTCTime {
    static func text(milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ number: Int, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        return digits(Int(parts.tm_year) + 1900, 4) + "-" + digits(Int(parts.tm_mon) + 1, 2) + "-"
            + digits(Int(parts.tm_mday), 2) + "T" + digits(Int(parts.tm_hour), 2) + ":"
            + digits(Int(parts.tm_min), 2) + ":" + digits(Int(parts.tm_sec), 2) + "."
            + digits(Int(milliseconds % 1000), 3) + "Z"
    }
}
