internal import CFuzzer
internal import Foundation

/// `estuary-fuzz TARGET [LIBFUZZER-OPTION…] [CORPUS…]`, which `scripts/fuzz` builds and calls; `--list` names the targets.
package struct FuzzCommand {
    private let targets: [FuzzTarget]

    package init(_ targets: [FuzzTarget]) {
        self.targets = targets
    }

    /// Does what the command line says, and ends the process.
    package func run() -> Never {
        let arguments = CommandLine.arguments
        if arguments.count == 2, arguments[1] == "--list" {
            for target in targets { print(target.name) }
            exit(0)
        }
        guard arguments.count >= 2, let chosen = targets.first(where: { $0.name == arguments[1] }) else {
            FileHandle.standardError.write(Data("no such target; --list names them\n".utf8))
            exit(2)
        }
        Self.chosen.target = chosen
        // The target's name is ours; everything else is libFuzzer's.
        var words = ([arguments[0]] + arguments.dropFirst(2)).map { strdup($0) } + [nil]
        var count = Int32(words.count - 1)
        let status = words.withUnsafeMutableBufferPointer { buffer in
            var base = buffer.baseAddress
            return LLVMFuzzerRunDriver(&count, &base) { data, size in
                FuzzCommand.chosen.target?.run(Array(UnsafeBufferPointer(start: data, count: size)))
                return 0
            }
        }
        exit(status)
    }

    /// The one that the command line names: libFuzzer's callback, a function of C, captures nothing.
    private final class Choice {
        var target: FuzzTarget?
    }

    /// Set before libFuzzer begins, which calls on that same thread.
    nonisolated(unsafe) private static let chosen = Choice()
}
