internal import Yams

extension ConfigurationError {
    /// What the YAML parser found, with its line and without its copy of the file.
    init(file: String, yaml error: YamlError) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            let text = context.map { "\($0.text), \(problem)" } ?? problem
            self.init(file: file, line: mark.line, keyPath: "", message: "this is not YAML: \(text)")
        case .composer(_, let problem, let mark, _):
            let message =
                problem.contains("alias")
                ? "anchors (&…) and aliases (*…) are not allowed; a text that begins with * needs quotes"
                : problem.contains("document") ? "a second document (---) is not allowed" : problem
            self.init(file: file, line: mark.line, keyPath: "", message: message)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "«\($0)»" }.joined(separator: ", ")
            self.init(
                file: file, line: context.mark.line, keyPath: "", message: "there twice in one mapping: \(names)")
        case .reader(let problem, _, _, _):
            self.init(file: file, line: nil, keyPath: "", message: "this is not YAML: \(problem)")
        default:
            self.init(file: file, line: nil, keyPath: "", message: "this is not YAML")
        }
    }
}
