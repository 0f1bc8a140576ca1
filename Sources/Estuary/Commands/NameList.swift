internal import Foundation

/// The devices of a CSV file: on each line the names of one (RFC 4180, with comments and blank lines).
enum NameList {
    struct Device: Sendable, Equatable {
        let names: [String]
    }

    /// The most lines that are taken; more than any factory's batch, and few enough to hold in memory.
    static let maximumDevices = 1_000_000
    fileprivate static let maximumNameBytes = 255
    fileprivate static let maximumNames = 32
    /// Complaints about more lines than this are counted only.
    private static let shownProblems = 10

    /// - Throws: ``Failure``, with every line that is wrong.
    static func load(path: String) throws -> [Device] {
        let contents: Data
        do {
            contents =
                try path == "-"
                ? FileHandle.standardInput.readToEnd() ?? Data()
                : Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw Failure("\(path) can't be read: \(error.localizedDescription)")
        }
        return try parse(contents, file: path)
    }

    static func parse(_ contents: Data, file: String) throws -> [Device] {
        guard let text = String(validating: contents, as: UTF8.self) else {
            throw Failure("\(file) is not UTF-8.", hint: "Save it as UTF-8 and try again.")
        }
        var devices: [Device] = []
        var problems: [String] = []
        var lineOf: [String: Int] = [:]
        for (index, line) in lines(text).enumerated() where !isSkipped(line) {
            do {
                let device = try Device(line: line)
                for name in device.names {
                    if let first = lineOf[name.lowercased()] {
                        throw Problem("«\(PlainText.visible(name))» stands on line \(first) already")
                    }
                }
                for name in device.names { lineOf[name.lowercased()] = index + 1 }
                devices.append(device)
            } catch let problem as Problem {
                problems.append("\(file):\(index + 1): \(problem.text)")
            }
        }
        guard problems.isEmpty else {
            let more = problems.count - shownProblems
            throw Failure(
                (problems.prefix(shownProblems) + (more > 0 ? ["and \(more) more"] : [])).joined(separator: "\n"),
                hint: "No secret was made. Mend the file and try again.")
        }
        guard !devices.isEmpty else {
            throw Failure("\(file) names no device.", hint: "Put the name of one device on each line.")
        }
        guard devices.count <= maximumDevices else {
            throw Failure("\(file) names more than \(maximumDevices) devices.", hint: "Split it.")
        }
        return devices
    }

    private static func lines(_ text: String) -> [Substring] {
        // A byte order mark is what spreadsheets begin UTF-8 with.
        let text = text.hasPrefix("\u{feff}") ? text.dropFirst() : text[...]
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }

    private static func isSkipped(_ line: Substring) -> Bool {
        line.allSatisfy { $0 == " " || $0 == "\t" } || line.hasPrefix("#")
    }

    struct Problem: Error {
        let text: String

        init(_ text: String) {
            self.text = text
        }
    }
}

extension NameList.Device {
    /// - Throws: ``NameList/Problem``.
    init(line: Substring) throws {
        let fields = try CSVText.fields(line)
        guard fields.count <= NameList.maximumNames else {
            throw NameList.Problem("\(fields.count) names; one device has at most \(NameList.maximumNames)")
        }
        for field in fields {
            guard !field.isEmpty else { throw NameList.Problem("a name is empty") }
            guard field.utf8.count <= NameList.maximumNameBytes else {
                throw NameList.Problem("a name has more than \(NameList.maximumNameBytes) bytes")
            }
            guard PlainText.visible(field) == field else {
                throw NameList.Problem("«\(PlainText.visible(field))» holds a control or invisible character")
            }
        }
        guard Set(fields.map { $0.lowercased() }).count == fields.count else {
            throw NameList.Problem("a name stands there twice")
        }
        names = fields
    }
}

/// One line of comma-separated values (RFC 4180 §2).
enum CSVText {
    /// The fields, without the spaces around them.
    ///
    /// - Throws: ``NameList/Problem`` for a quote where none belongs.
    static func fields(_ line: Substring) throws -> [String] {
        var fields: [String] = []
        var rest = line
        while true {
            rest = rest.drop { $0 == " " || $0 == "\t" }
            var field = ""
            if rest.first == "\"" {
                rest.removeFirst()
                while true {
                    guard let end = rest.firstIndex(of: "\"") else {
                        throw NameList.Problem("a quote is not closed")
                    }
                    field += rest[..<end]
                    rest = rest[rest.index(after: end)...]
                    guard rest.first == "\"" else { break }
                    field.append("\"")
                    rest.removeFirst()
                }
                rest = rest.drop { $0 == " " || $0 == "\t" }
                guard rest.isEmpty || rest.first == "," else {
                    throw NameList.Problem("text stands after a closing quote")
                }
            } else {
                let end = rest.firstIndex(of: ",") ?? rest.endIndex
                field = String(rest[..<end])
                rest = rest[end...]
                guard !field.contains("\"") else {
                    throw NameList.Problem("a quote stands inside a text that does not begin with one")
                }
                while field.last == " " || field.last == "\t" { field.removeLast() }
            }
            fields.append(field)
            guard rest.first == "," else { return fields }
            rest.removeFirst()
        }
    }

    /// The text as a field.
    static func field(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
