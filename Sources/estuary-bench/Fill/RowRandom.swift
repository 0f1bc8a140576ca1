internal import Foundation
internal import PKI

/// Bytes that look random and depend on a row's number and a purpose alone, so that two files can be filled at once.
struct RowRandom {
    private var state: UInt64

    init(row: Int, purpose: UInt64) {
        state = UInt64(truncatingIfNeeded: row) &* 0x9e37_79b9_7f4a_7c15 &+ purpose &* 0xd1b5_4a32_d192_ed03
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    mutating func bytes(words: Int) -> Data {
        var data = Data(capacity: words * 8)
        for _ in 0..<words { withUnsafeBytes(of: next()) { data.append(contentsOf: $0) } }
        return data
    }

    mutating func hexadecimal(words: Int) -> String {
        bytes(words: words).hexadecimal
    }

    /// As a UUID is written.
    mutating func identifier() -> String {
        let digits = Array(hexadecimal(words: 2).utf8)
        var text: [UInt8] = []
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
