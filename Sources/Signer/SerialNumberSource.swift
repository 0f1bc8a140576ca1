internal import Foundation
internal import Synchronization

/// Makes certificate serial numbers: positive, 16 bytes, never the same twice (RFC 5280 §4.1.2.2).
///
/// The first 8 bytes are time and a counter, so that the ledger's index grows at its end; the other 8 are random, so
/// that a number can't be foreseen and two signers never meet.
final class SerialNumberSource: Sendable {
    /// Microseconds since 2020 in the upper 52 bits, the counter in the lower 12.
    private let last = Mutex<UInt64>(0)

    /// 2020-01-01T00:00:00Z in seconds since 1970: the first byte is then neither 0 nor negative until 2091.
    private static let epoch: Double = 1_577_836_800

    /// The time half of a number that is made now.
    private static func prefix(at secondsSince1970: Double) -> UInt64 {
        // A clock before 2020 is wrong; the random half keeps the number unique all the same.
        let microseconds = UInt64(min(max(secondsSince1970 - epoch, 16_777_216), 1e11) * 1_000_000)
        return (microseconds << 12) & 0x7fff_ffff_ffff_ffff
    }

    /// What no number that is made from a time on is below.
    ///
    /// - Parameter time: in milliseconds since 1970, before 2091.
    static func lowest(at time: Int64) -> Data {
        withUnsafeBytes(of: prefix(at: Double(time) / 1000).bigEndian) { Data($0) }
    }

    /// Goes on after a number that was given before, whatever the clock says now.
    func moveOn(past serial: Data) {
        guard serial.count == 16 else { return }
        let prefix = serial.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        // One from before 2020 or after 2091 is none of ours.
        guard prefix >> 56 != 0, prefix >> 63 == 0 else { return }
        last.withLock { $0 = max($0, prefix) }
    }

    func next(at time: Date = Date()) -> Data {
        let now = Self.prefix(at: time.timeIntervalSince1970)
        let prefix = last.withLock { last in
            last = max(last &+ 1, now)
            return last
        }
        var generator = SystemRandomNumberGenerator()
        let random: UInt64 = generator.next()
        return withUnsafeBytes(of: (prefix.bigEndian, random.bigEndian)) { Data($0) }
    }
}
