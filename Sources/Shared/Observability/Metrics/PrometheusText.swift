/// The pieces of the Prometheus text format 0.0.4.
enum PrometheusText {
    /// The media type of a whole text.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// A metric's name: letters, digits, «_» and «:», not starting with a digit. Anything else becomes «_».
    static func name(_ name: String) -> String {
        identifier(name, allowsColon: true)
    }

    /// The labels as they stand between the braces, sorted by name. Of two with one name the first counts.
    static func labels(_ dimensions: [(String, String)]) -> String {
        var values: [String: String] = [:]
        for (name, value) in dimensions {
            let name = identifier(name, allowsColon: false)
            if values[name] == nil {
                values[name] = value
            }
        }
        return values.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escapedValue($0.value))\"" }
            .joined(separator: ",")
    }

    static func appendHeader(name: String, kind: MetricsRegistry.Kind, help: String?, to text: inout String) {
        if let help {
            text += "# HELP \(name) \(escapedHelp(help))\n"
        }
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    static func appendSample(_ name: String, _ labels: String, _ value: String, to text: inout String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let integer = Int64(exactly: value) { return "\(integer)" }
        return "\(value)"
    }

    private static func identifier(_ name: String, allowsColon: Bool) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": result.unicodeScalars.append(scalar)
            case "0"..."9":
                if result.isEmpty { result = "_" }
                result.unicodeScalars.append(scalar)
            case ":" where allowsColon: result.unicodeScalars.append(scalar)
            default: result += "_"
            }
        }
        return result.isEmpty ? "_" : result
    }

    private static func escapedValue(_ value: String) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func escapedHelp(_ help: String) -> String {
        var result = ""
        for scalar in help.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension MetricsRegistry {
    /// The media type of what ``render()`` returns.
    package static let contentType = PrometheusText.contentType
}
