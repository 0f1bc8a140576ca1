/// Facts with their names, one a line, for people.
struct FactSheet {
    private var facts: [(name: String, value: String)] = []

    mutating func add(_ name: String, _ value: String?) {
        if let value { facts.append((name, PlainText.visible(value))) }
    }

    var text: String {
        let width = facts.map(\.name.count).max() ?? 0
        return facts.map { fact in
            fact.name + String(repeating: " ", count: width - fact.name.count) + "  " + fact.value
        }.joined(separator: "\n")
    }
}
