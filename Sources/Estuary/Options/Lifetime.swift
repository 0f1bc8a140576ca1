internal import ArgumentParser
internal import ConfigurationFile

/// A duration as an argument: `45m`, `12h`, `7d`.
struct Lifetime: ExpressibleByArgument, Equatable {
    let seconds: Int64

    init(seconds: Int64) {
        self.seconds = seconds
    }

    init?(argument: String) {
        guard let duration = DurationText.parse(argument), duration >= .seconds(1) else { return nil }
        seconds = duration.components.seconds
    }

    var defaultValueDescription: String {
        DurationText.format(.seconds(seconds))
    }
}
