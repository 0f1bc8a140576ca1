/// Rows in aligned columns, for people.
struct TextTable: Equatable {
    struct Column: Equatable {
        var title: String
        /// Numbers stand at the right.
        var isNumber = false
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []
    /// The widths that the columns had before: the next page of a list is not narrower.
    private(set) var widths: [Int]

    /// - Parameter columns: the titles; one that begins with `#` is a column of numbers.
    init(_ titles: String...) {
        columns = titles.map { title in
            title.hasPrefix("#") ? Column(title: String(title.dropFirst()), isNumber: true) : Column(title: title)
        }
        widths = columns.map(\.title.count)
    }

    mutating func add(_ cells: String...) {
        precondition(cells.count == columns.count, "a row has as many cells as there are columns")
        let row = cells.map(PlainText.visible)
        widths = zip(widths, row).map { max($0, $1.count) }
        rows.append(row)
    }

    /// The rows since the last call, under the titles where asked for, without a trailing space or line break.
    mutating func render(withTitles: Bool = true) -> String {
        defer { rows = [] }
        return ((withTitles ? [columns.map(\.title)] : []) + rows).map(line).joined(separator: "\n")
    }

    private func line(_ cells: [String]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let padding = String(repeating: " ", count: max(0, widths[index] - cell.count))
            line += (index == 0 ? "" : "  ") + (columns[index].isNumber ? padding + cell : cell + padding)
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}

/// Texts that come from devices, made safe for a terminal.
enum PlainText {
    /// The text with every control, bidirectional and invisible character replaced, so that no name moves the cursor or
    /// shows as another; «-» for an empty one.
    static func visible(_ text: String) -> String {
        guard !text.isEmpty else { return "-" }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                result.unicodeScalars.append("\u{fffd}")
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
