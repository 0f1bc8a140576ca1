internal import Foundation

/// Everything that one run has measured: a table for people, a file for programs.
struct BenchReport: Codable {
    var machine: MachineFacts
    /// Whether it was a short run, whose times say little.
    var isShort: Bool
    /// In seconds since 1970.
    var startedAt: Int64
    /// The smaller of the measurements before and after, and how far they were apart.
    var floor: CryptographicFloor
    var floorDifference: Double
    var figures: [Figure]

    /// - Parameter figures: their ratios and what the targets say of them are filled in here.
    init(
        machine: MachineFacts, isShort: Bool, startedAt: Int64, before: CryptographicFloor, after: CryptographicFloor,
        figures: [Figure]
    ) {
        self.machine = machine
        self.isShort = isShort
        self.startedAt = startedAt
        let floor = CryptographicFloor.smaller(before, after)
        self.floor = floor
        floorDifference = CryptographicFloor.difference(before, after)
        self.figures = figures.map { figure in
            var figure = figure
            if let kind = figure.floor, figure.unit == "µs" { figure.ratio = figure.value / floor[kind] }
            figure.isMet = figure.target.map { target in
                switch target.kind {
                case .atMost: figure.value <= target.limit
                case .atLeast: figure.value >= target.limit
                case .ratioAtMost: (figure.ratio ?? .infinity) <= target.limit
                }
            }
            return figure
        }
    }

    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "none")
        try (encoder.encode(self) + Data("\n".utf8)).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    var table: String {
        var rows: [[String]] = [["", "figure", "value", "unit", "× floor", "target", ""]]
        rows.append(["a", "floor: new connection", Self.number(floor.newConnection), "µs", "1.00", "", ""])
        rows.append(["a", "floor: kept connection", Self.number(floor.keptConnection), "µs", "1.00", "", ""])
        for (name, time) in floor.operations.sorted(by: { $0.key < $1.key }) {
            rows.append(["a", "floor: one \(name)", Self.number(time), "µs", "", "", ""])
        }
        // Within a part in the order of measuring.
        let ordered = Dictionary(grouping: figures, by: \.part).sorted { $0.key < $1.key }.flatMap(\.value)
        for figure in ordered {
            rows.append([
                figure.part, figure.name, Self.number(figure.value), figure.unit,
                figure.ratio.map { String(format: "%.2f", $0) } ?? "", figure.target.map(Self.text) ?? "",
                figure.isMet.map { $0 ? "met" : "NOT MET" } ?? "",
            ])
        }
        let widths = (0..<rows[0].count).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            row.enumerated().map { column, text in
                let padding = String(repeating: " ", count: widths[column] - text.count)
                return column == 2 || column == 4 ? padding + text : text + padding
            }.joined(separator: "  ").trimmingSuffix()
        }
        return (lines + [summary]).joined(separator: "\n")
    }

    private var summary: String {
        let targets = figures.compactMap(\.isMet)
        return """

            \(machine.cores) cores, \(machine.processor), Linux \(machine.kernel), \(machine.fileSystem), Swift \
            \(machine.swift), commit \(machine.commit)
            The floor before and after differs by \(String(format: "%.1f", floorDifference * 100)) %; the smaller counts.
            \(targets.filter { $0 }.count) of \(targets.count) targets met.\(isShort ? " A short run: its times say little." : "")
            """
    }

    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        if value == value.rounded(), abs(value) < 1e9 { return String(Int(value)) }
        return abs(value) >= 100 ? String(format: "%.0f", value) : String(format: "%.2f", value)
    }

    private static func text(_ target: Figure.Target) -> String {
        switch target.kind {
        case .atMost: "≤ " + number(target.limit)
        case .atLeast: "≥ " + number(target.limit)
        case .ratioAtMost: "≤ \(number(target.limit)) × floor"
        }
    }
}

extension String {
    fileprivate func trimmingSuffix() -> String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
