internal import CFuzzer
internal import Foundation

/// `estuary-fuzz TARGET [LIBFUZZER-OPTION…] [CORPUS…]`, which `scripts/fuzz` builds and calls; `--list` names the targets.
@main struct FuzzCommand {
    static func main() {
        let arguments = CommandLine.arguments
        if arguments.count == 2, arguments[1] == "--list" {
            for target in FuzzTarget.all { print(target.name) }
            return
        }
        guard arguments.count >= 2, FuzzTarget.chosen != nil else {
            FileHandle.standardError.write(Data("estuary-fuzz: no such target; --list names them\n".utf8))
            exit(2)
        }
        // The target's name is ours; everything else is libFuzzer's.
        var words = ([arguments[0]] + arguments.dropFirst(2)).map { strdup($0) } + [nil]
        var count = Int32(words.count - 1)
        let status = words.withUnsafeMutableBufferPointer { buffer in
            var base = buffer.baseAddress
            return LLVMFuzzerRunDriver(&count, &base) { data, size in
                FuzzTarget.chosen?.run(Array(UnsafeBufferPointer(start: data, count: size)))
                return 0
            }
        }
        exit(status)
    }
}
