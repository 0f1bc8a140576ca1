internal import Foundation

/// Values out of a Prometheus text, for what a process counts itself.
struct MetricsText {
    private var values: [String: Double] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                continue
            }
            values[String(line[..<space])] = value
        }
    }

    /// The series as it is rendered, labels in braces; 0 where there is none, as with a counter before its first event.
    subscript(series: String) -> Double { values[series] ?? 0 }

    /// What a histogram has counted since another reading: how many, their sum, and the count up to each bound.
    func histogram(_ name: String, since earlier: MetricsText) -> (count: Double, sum: Double, upTo: [Double: Double]) {
        var upTo: [Double: Double] = [:]
        let prefix = name + "_bucket{le=\""
        for (series, value) in values where series.hasPrefix(prefix) {
            let bound = series.dropFirst(prefix.count).prefix { $0 != "\"" }
            upTo[bound == "+Inf" ? .infinity : Double(bound) ?? .infinity] = value - earlier[series]
        }
        return (
            self[name + "_count"] - earlier[name + "_count"], self[name + "_sum"] - earlier[name + "_sum"], upTo
        )
    }
}
