internal import ArgumentParser
internal import ConfigurationFile
internal import ConsoleUsers
internal import Foundation

/// `estuary audit user`
struct AuditUserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Say who signs in at the console with a password.",
        subcommands: [Add.self, Remove.self, List.self])

    enum Role: String, ExpressibleByArgument, CaseIterable {
        case viewer
        case auditor
    }

    /// The file that the auditor's configuration names.
    struct FileOption: ParsableArguments {
        @OptionGroup var state: StateOptions
        @Option(
            help: ArgumentHelp(
                "The file of users (default: what console.users in the auditor's configuration says).",
                valueName: "file"))
        var file: String?

        func path() throws -> String {
            if let file { return file }
            let configuration = try state.directory().file("auditor") + "/configuration.yaml"
            do {
                guard let console = try ConfigurationReader.load(path: configuration).mapping("console"),
                    console.contains("users")
                else {
                    throw Failure(
                        "console.users is not set in \(configuration).",
                        hint: "Add `users: users` below `console:` there, or name the file with --file.")
                }
                return try console.path("users")
            } catch let error as ConfigurationError {
                throw Failure(error.description)
            }
        }

        func load() throws -> (path: String, file: ConsoleUserFile) {
            let path = try path()
            do {
                return (path, try ConsoleUserFile(path: path))
            } catch let error as ConsoleUserError {
                throw Failure(error.description)
            }
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Add a user, or give one another password and role.",
            discussion: "Asks for the password at a terminal; otherwise it is the first line of standard input.")

        @OptionGroup var file: FileOption
        @Argument(help: "The user's name.")
        var name: String
        @Option(help: "viewer may see everything, auditor may export, too.")
        var role: Role

        func run() throws {
            var (path, users) = try file.load()
            let password = try PasswordPrompt.read()
            guard (ConsoleUserFile.shortestPassword...ConsoleUserFile.longestPassword).contains(password.utf8.count)
            else {
                throw Failure(
                    "A password has from \(ConsoleUserFile.shortestPassword) to \(ConsoleUserFile.longestPassword) bytes."
                )
            }
            do {
                try users.set(.init(name: name, role: role.rawValue, hash: try PasswordHash(password: password)))
                try users.write(to: path)
            } catch let error as ConsoleUserError {
                throw Failure(error.description)
            }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Remove a user, whose sessions end at once.")

        @OptionGroup var file: FileOption
        @Argument(help: "The user's name.")
        var name: String

        func run() throws {
            var (path, users) = try file.load()
            guard users.remove(name) else { throw Failure("There is no user «\(name)» in \(path).") }
            try users.write(to: path)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List users with their roles.")

        @OptionGroup var file: FileOption

        func run() throws {
            for user in try file.load().file.users { try Output.line("\(user.name) \(user.role)") }
        }
    }
}

/// Reads a password without showing it.
enum PasswordPrompt {
    static func read() throws -> String {
        guard isatty(STDIN_FILENO) == 1 else { return readLine(strippingNewline: true) ?? "" }
        let first = try ask("Password: ")
        guard try ask("Again: ") == first else { throw Failure("The two are not the same.") }
        return first
    }

    private static func ask(_ prompt: String) throws -> String {
        var old = termios()
        guard tcgetattr(STDIN_FILENO, &old) == 0 else { throw Failure("The terminal can't be asked.") }
        var silent = old
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &old)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        FileHandle.standardError.write(Data(prompt.utf8))
        return readLine(strippingNewline: true) ?? ""
    }
}
