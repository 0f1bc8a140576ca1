internal import Foundation

/// Programs that do one thing and end.
enum Subprocess {
    /// What the program prints on standard output; standard error goes where this process's goes.
    ///
    /// - Throws: ``Failure`` where it can't be started or does not end with status 0.
    static func output(of program: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        do {
            try process.run()
        } catch {
            throw Failure("\(program) can't be started: \(error.localizedDescription)")
        }
        let output = (try? pipe.fileHandleForReading.readToEnd()) ?? nil
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(
                "\(URL(fileURLWithPath: program).lastPathComponent) ended with status \(process.terminationStatus).")
        }
        return output ?? Data()
    }
}

/// The programs of Estuary, which are installed in one folder.
enum Programs {
    static let folder = URL(fileURLWithPath: Bundle.main.executablePath ?? CommandLine.arguments[0])
        .resolvingSymlinksInPath().deletingLastPathComponent().path

    /// - Throws: ``Failure`` where it is not there.
    static func path(_ name: String) throws -> String {
        let path = folder + "/" + name
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Failure(
                "\(name) is not beside this program, in \(folder).",
                hint: "Build all of them: swift build -c release.")
        }
        return path
    }
}
