internal import ArgumentParser

/// `--state`: which cluster a command is about.
struct StateOptions: ParsableArguments {
    @Option(name: .customLong("state"), help: ArgumentHelp("The cluster's state directory.", valueName: "dir"))
    var path = "./estuary-state"

    func directory() throws -> StateDirectory {
        try StateDirectory(path)
    }

    func connection() throws -> AdministrationConnection {
        AdministrationConnection(state: try directory())
    }
}

/// `--json`.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON, one object a line, instead of text for people.")
    var json = false
}

/// `--limit`, for lists that may be long.
struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Show at most this many.", valueName: "count"))
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 {
            throw ValidationError("--limit takes a number from 1.")
        }
    }
}
