internal import Foundation

/// docs/conformance.md: what it says in its tables, and what those parts have to be.
///
/// The cases, their RFC sections and the remarks are written by hand. The tests of each case and the table of hostile
/// requests are made from the sources, and put in their places by ``updated(tests:)``.
struct ConformanceDocument {
    struct Row: Equatable {
        var name: String
        var rfc: String
        /// Markdown: the tests by file.
        var tests: String
    }

    /// A test whose display name begins with a case.
    struct CaseTest: Hashable {
        var name: String
        /// Below Tests/ClusterTests.
        var file: String
        var function: String
    }

    var text: String

    /// The package's folder.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let path = root.appending(path: "docs/conformance.md")

    static let cases: [String] = [
        ("T", 10), ("P", 2), ("C", 2), ("E", 7), ("R", 6), ("V", 4), ("S", 3), ("A", 5), ("B", 5), ("W", 5), ("H", 4),
        ("X", 1),
    ].flatMap { letter, count in (1...count).map { "\(letter)\($0)" } }

    /// What has no test because it is not served yet.
    static let notYet: Set<String> = []

    private static let beginning = "<!-- X1: made from Tests/ClusterTests/Conformance/Hostile; do not edit by hand -->"
    private static let end = "<!-- X1: end -->"

    init() throws {
        text = try String(contentsOf: Self.path, encoding: .utf8)
    }

    // MARK: The cases

    /// The rows that begin with the name of a case: name, case, RFC, tests, remark.
    var rows: [Row] {
        text.components(separatedBy: "\n").compactMap { line in
            guard let cells = Self.cells(line) else { return nil }
            return Row(name: cells[0], rfc: cells[2], tests: cells[3])
        }
    }

    private static func cells(_ line: String) -> [String]? {
        guard line.hasPrefix("| "), line.hasSuffix(" |") else { return nil }
        let cells = line.dropFirst(2).dropLast(2).components(separatedBy: " | ")
        guard cells.count == 5, cells[0].wholeMatch(of: #/[A-Z]\d+/#) != nil else { return nil }
        return cells
    }

    /// How a case's row names its tests.
    static func cell(_ tests: [CaseTest]) -> String {
        let files = Dictionary(grouping: tests, by: \.file).sorted { $0.key < $1.key }
        return files.map { file, tests in
            let name = file.split(separator: "/").last.map { $0.dropLast(".swift".count) } ?? ""
            return "[\(name)](../Tests/ClusterTests/\(file)): "
                + tests.map { "`\($0.function)`" }.sorted().joined(separator: ", ")
        }.joined(separator: "; ")
    }

    // MARK: The hostile requests

    /// The part of the page that shows the table of hostile requests; nil where its marks are missing.
    var hostileTable: String? {
        guard let start = text.range(of: Self.beginning), let stop = text.range(of: Self.end) else { return nil }
        return String(text[start.upperBound..<stop.lowerBound])
    }

    /// What that part has to be.
    static var expectedHostileTable: String {
        HostileRequest.Group.allCases.reduce("\n") { text, group in
            let rows = HostileRequest.all.filter { $0.group == group }.map(\.columns)
                .map { "| \($0.input) | \($0.status) | \($0.reason) |" }
            return text + "\n### \(group.rawValue)\n\n| input | status | reason code |\n|---|---|---|\n"
                + rows.joined(separator: "\n") + "\n"
        } + "\n"
    }

    // MARK: Writing

    /// The page with the present tests and the present table in it.
    func updated(tests: [CaseTest]) -> String {
        var lines = text.components(separatedBy: "\n")
        for (index, line) in lines.enumerated() {
            guard var cells = Self.cells(line), !Self.notYet.contains(cells[0]) else { continue }
            cells[3] = Self.cell(tests.filter { $0.name == cells[0] })
            lines[index] = "| " + cells.joined(separator: " | ") + " |"
        }
        var text = lines.joined(separator: "\n")
        if let start = text.range(of: Self.beginning), let stop = text.range(of: Self.end) {
            text.replaceSubrange(start.upperBound..<stop.lowerBound, with: Self.expectedHostileTable)
        }
        return text
    }

    // MARK: The sources

    /// Every test below Tests/ClusterTests whose display name begins with a case, `T3: …` or `B1, B3: …`.
    static func tests() throws -> [CaseTest] {
        let folder = root.appending(path: "Tests/ClusterTests")
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        return try files.sorted().flatMap { file in
            let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            return source.matches(of: #/@Test\(\s*"([A-Z]\d+(?:, [A-Z]\d+)*): /#).flatMap { match -> [CaseTest] in
                // The function of a display name is the next one.
                guard let function = source[match.range.upperBound...].firstMatch(of: #/func `?(\w+)/#) else {
                    return []
                }
                return match.output.1.components(separatedBy: ", ").map {
                    CaseTest(name: $0, file: file, function: String(function.output.1))
                }
            }
        }
    }
}
