internal import ArgumentParser
internal import ConfigurationFile
internal import Foundation

/// A point in time as an argument: RFC 3339, a date, or so long ago (`2h`, `7d`).
struct TimeArgument: ExpressibleByArgument, Equatable {
    let date: Date

    init?(argument: String) {
        self.init(argument, now: Date())
    }

    init?(_ text: String, now: Date) {
        let styles = [
            Date.ISO8601FormatStyle.iso8601, Date.ISO8601FormatStyle(includingFractionalSeconds: true),
            Date.ISO8601FormatStyle.iso8601.year().month().day(),
        ]
        if let date = styles.lazy.compactMap({ try? $0.parse(text) }).first {
            self.date = date
        } else if let ago = DurationText.parse(text) {
            date = now.addingTimeInterval(-TimeInterval(ago.components.seconds))
        } else {
            return nil
        }
    }

    var rfc3339: String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    var secondsSince1970: Int64 { Int64(date.timeIntervalSince1970) }
}
