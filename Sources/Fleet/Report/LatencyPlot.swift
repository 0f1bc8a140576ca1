internal import Foundation
internal import Histogram

/// The latencies of a run as a picture: the percentiles from left to right, each step a tenth of the requests before.
///
/// Both axes are logarithmic, so that the slowest request of a million is as easy to read as the median.
package struct LatencyPlot {
    private struct Curve {
        var name: String
        var color: String
        var latencies: Tally.Latencies
    }

    private struct Area {
        let left = 84.0
        let right = 868.0
        let top = 96.0
        let bottom = 448.0
    }

    private let title: String
    private let subtitle: String
    private let curves: [Curve]
    private let area = Area()
    /// The powers of ten of microseconds at the ends of the vertical axis.
    private let lowest: Double
    private let highest: Double
    /// How many nines the horizontal axis has: 2 ends at 99 %.
    private let nines: Double

    /// Told apart by people who see few colors as well (Okabe and Ito).
    private static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#444444"]

    package init(_ report: FleetReport, _ tally: Tally) {
        var curves = tally.operations.filter { $0.value.latencies.totalCount > 0 }.sorted { $0.key < $1.key }
            .map { Curve(name: $0.key.rawValue, color: "", latencies: $0.value.latencies) }
        if curves.count > 1 { curves.append(Curve(name: "all", color: "", latencies: tally.latencies)) }
        for index in curves.indices {
            curves[index].color =
                curves[index].name == "all" ? Self.colors[4] : Self.colors[index % Self.colors.count]
        }
        self.curves = curves
        let plan = report.plan
        title = "Latency by percentile"
        let load =
            plan.concurrency.map { "closed loop, \($0) at a time" }
            ?? "open loop, \(Self.number(plan.requestsPerSecond ?? 0)) arrivals/s"
        subtitle = [
            plan.server, load, "\(plan.connection.rawValue) connections", "\(Self.number(report.requestsPerSecond))/s",
        ].joined(separator: " · ")
        let smallest = curves.map { Double($0.latencies.min) }.min() ?? 100
        let largest = curves.map { Double($0.latencies.max) }.max() ?? 10_000
        (lowest, highest) = Self.ends(smallest, largest)
        let count = curves.map { Double($0.latencies.totalCount) }.max() ?? 10
        nines = min(6, max(1, log10(max(1, count)).rounded(.up)))
    }

    /// The nearest of 1, 2 and 5 times a power of ten around the values, as logarithms.
    private static func ends(_ smallest: Double, _ largest: Double) -> (Double, Double) {
        let low = ticks(from: 0, through: 10).last { $0 <= log10(max(1, smallest)) } ?? 0
        let high = ticks(from: 0, through: 10).first { $0 >= log10(max(1, largest)) } ?? 10
        return (low, max(high, low + 0.3))
    }

    private static func ticks(from low: Double, through high: Double) -> [Double] {
        (0...10).flatMap { power in [1.0, 2, 5].map { log10($0) + Double(power) } }
            .filter { $0 >= low - 1e-9 && $0 <= high + 1e-9 }
    }

    // MARK: Places

    private func x(_ nines: Double) -> Double { area.left + (area.right - area.left) * nines / self.nines }

    private func y(_ microseconds: Double) -> Double {
        let part = (log10(max(1, microseconds)) - lowest) / (highest - lowest)
        return area.bottom - (area.bottom - area.top) * part
    }

    // MARK: The picture

    package var svg: String {
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="900" height="520" viewBox="0 0 900 520" \
            font-family="'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif" font-size="13" fill="#222222">
            <rect width="900" height="520" fill="#ffffff"/>
            """,
            Self.text(area.left, 32, title, "font-size=\"18\" font-weight=\"bold\""),
            Self.text(area.left, 54, subtitle, "fill=\"#555555\" font-size=\"12\""),
        ]
        parts += horizontalAxis + verticalAxis
        parts += curves.map(path) + legend
        if curves.isEmpty {
            parts.append(
                Self.text(
                    (area.left + area.right) / 2, (area.top + area.bottom) / 2, "No request succeeded.",
                    "text-anchor=\"middle\""))
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    private var horizontalAxis: [String] {
        var parts: [String] = []
        for step in 0...Int(nines) {
            let place = x(Double(step))
            let name =
                step == 0 ? "0 %" : step == 1 ? "90 %" : "99" + (step > 2 ? "." : "") + Self.nineText(step - 2) + " %"
            parts.append(Self.line(place, area.top, place, area.bottom, "#e0e0e0"))
            parts.append(Self.text(place, area.bottom + 20, name, "text-anchor=\"middle\""))
        }
        // Where half of the requests are.
        let median = x(log10(2))
        parts.append(Self.line(median, area.top, median, area.bottom, "#e0e0e0"))
        parts.append(Self.text(median, area.bottom + 20, "50 %", "text-anchor=\"middle\""))
        parts.append(
            Self.text(
                (area.left + area.right) / 2, area.bottom + 46, "requests that were as fast or faster",
                "text-anchor=\"middle\" fill=\"#555555\""))
        return parts
    }

    private static func nineText(_ count: Int) -> String { String(repeating: "9", count: max(0, count)) }

    private var verticalAxis: [String] {
        Self.ticks(from: lowest, through: highest).flatMap { tick in
            let microseconds = pow(10, tick)
            let place = y(microseconds)
            return [
                Self.line(area.left, place, area.right, place, "#e0e0e0"),
                Self.text(area.left - 8, place + 4.5, Self.latency(microseconds), "text-anchor=\"end\""),
            ]
        } + [
            Self.line(area.left, area.bottom, area.right, area.bottom, "#222222"),
            Self.line(area.left, area.top, area.left, area.bottom, "#222222"),
        ]
    }

    /// A curve ends at its slowest request.
    private func path(_ curve: Curve) -> String {
        let count = Double(curve.latencies.totalCount)
        let end = min(nines, log10(max(1, count)))
        let steps = 240
        var points: [String] = []
        for step in 0...steps {
            let place = end * Double(step) / Double(steps)
            let percentile = step == steps ? 100 : 100 * (1 - pow(10, -place))
            let value = Double(min(curve.latencies.max, curve.latencies.valueAtPercentile(percentile)))
            points.append("\(Self.coordinate(x(place))),\(Self.coordinate(y(value)))")
        }
        let dashes = curve.name == "all" ? " stroke-dasharray=\"6 4\"" : ""
        return """
            <polyline fill="none" stroke="\(curve.color)" stroke-width="2"\(dashes) stroke-linejoin="round" \
            points="\(points.joined(separator: " "))"/>
            """
    }

    private var legend: [String] {
        var place = area.left
        return curves.flatMap { curve in
            let name = "\(curve.name) (\(curve.latencies.totalCount))"
            defer { place += 46 + 8.2 * Double(name.count) }
            return [
                """
                <line x1="\(Self.coordinate(place))" y1="75" x2="\(Self.coordinate(place + 22))" y2="75" \
                stroke="\(curve.color)" stroke-width="3"\(curve.name == "all" ? " stroke-dasharray=\"6 4\"" : "")/>
                """,
                Self.text(place + 28, 79.5, name),
            ]
        }
    }

    // MARK: Elements

    private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String) -> String {
        """
        <line x1="\(coordinate(x1))" y1="\(coordinate(y1))" x2="\(coordinate(x2))" y2="\(coordinate(y2))" \
        stroke="\(color)"/>
        """
    }

    private static func text(_ x: Double, _ y: Double, _ text: String, _ attributes: String = "") -> String {
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        return "<text x=\"\(coordinate(x))\" y=\"\(coordinate(y))\" \(attributes)>\(escaped)</text>"
    }

    private static func coordinate(_ value: Double) -> String { number((value * 10).rounded() / 10) }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : String((value * 10).rounded() / 10)
    }

    private static func latency(_ microseconds: Double) -> String {
        switch microseconds.rounded() {
        case ..<1000: "\(number(microseconds.rounded())) µs"
        case ..<1_000_000: "\(number((microseconds / 1000).rounded())) ms"
        default: "\(number((microseconds / 1_000_000).rounded())) s"
        }
    }
}
