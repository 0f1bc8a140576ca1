internal import Foundation

/// Figures for people.
enum FleetText {
    /// 12345678 as 12 345 678, with spaces that don't break.
    static func count(_ number: Int) -> String {
        var digits = Array(String(abs(number)))
        var position = digits.count - 3
        while position > 0 {
            digits.insert("\u{202f}", at: position)
            position -= 3
        }
        return (number < 0 ? "-" : "") + String(digits)
    }

    /// A latency in the unit that leaves one to three digits before the point.
    static func latency(_ microseconds: UInt64) -> String {
        switch microseconds {
        case ..<1000: "\(microseconds) µs"
        case ..<10_000: String(format: "%.2f ms", Double(microseconds) / 1000)
        case ..<100_000: String(format: "%.1f ms", Double(microseconds) / 1000)
        case ..<1_000_000: String(format: "%.0f ms", Double(microseconds) / 1000)
        default: String(format: "%.2f s", Double(microseconds) / 1_000_000)
        }
    }

    static func seconds(_ seconds: Double) -> String {
        seconds < 60
            ? String(format: "%4.1f s", seconds)
            : "\(Int(seconds) / 60) min \(String(format: "%02d", Int(seconds) % 60)) s"
    }

    /// How far something has come, from 0 to 1, as a bar of twenty characters.
    static func bar(_ part: Double) -> String {
        let full = Int((max(0, min(1, part)) * 20).rounded(.down))
        return "▕" + String(repeating: "█", count: full) + String(repeating: "·", count: 20 - full) + "▏"
    }
}
