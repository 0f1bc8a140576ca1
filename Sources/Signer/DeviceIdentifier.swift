internal import Foundation
internal import PKI

/// A device's number as people see it: 16 hexadecimal digits.
///
/// It is the time half of the serial number of the device's first certificate, so that it is known before anything is
/// written, never given twice, and grows with time.
enum DeviceIdentifier {
    static func number(firstSerial serial: Data) -> Int64 {
        serial.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }

    static func text(_ number: Int64) -> String {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }.hexadecimal
    }

    static func number(_ text: String) -> Int64? {
        text.count == 16 ? Int64(text, radix: 16) : nil
    }
}
