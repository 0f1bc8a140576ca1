internal import ArgumentParser

/// Several words in one argument: `a,b,c`.
struct CommaSeparated: ExpressibleByArgument, Equatable {
    let words: [String]

    init(words: [String]) {
        self.words = words
    }

    init?(argument: String) {
        words = argument.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimming(while: { $0 == " " })
        }
        guard !words.contains("") else { return nil }
    }

    var defaultValueDescription: String {
        words.joined(separator: ",")
    }
}

extension Substring {
    fileprivate func trimming(while predicate: (Character) -> Bool) -> String {
        var rest = drop(while: predicate)
        while let last = rest.last, predicate(last) { rest.removeLast() }
        return String(rest)
    }
}
