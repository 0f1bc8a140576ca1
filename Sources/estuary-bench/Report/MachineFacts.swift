internal import Foundation

/// What the figures depend on. No names, no paths.
struct MachineFacts: Codable {
    var cores: Int
    var processor: String
    var kernel: String
    var memoryBytes: UInt64
    var fileSystem: String
    var swift: String
    var commit: String

    /// - Parameter scratch: the folder that the databases are in.
    init(scratch: String, commit: String) {
        cores = ProcessInfo.processInfo.activeProcessorCount
        let facts = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        processor =
            facts.split(separator: "\n").first { $0.hasPrefix("model name") }?
            .split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
        var names = utsname()
        uname(&names)
        kernel = withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        memoryBytes = ProcessInfo.processInfo.physicalMemory
        fileSystem = Self.fileSystem(of: scratch)
        #if swift(>=6.4)
        swift = "6.4 or newer"
        #elseif swift(>=6.3)
        swift = "6.3"
        #else
        swift = "6.2"
        #endif
        self.commit = commit
    }

    /// The kind of file system that a folder is on: on «tmpfs» making durable costs nothing.
    private static func fileSystem(of path: String) -> String {
        let mounts = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
        var best = (point: "", kind: "unknown")
        for line in mounts.split(separator: "\n") {
            // proc_pid_mountinfo(5): the fifth field is the mount point, the first after the dash the kind.
            let halves = line.components(separatedBy: " - ")
            let fields = halves[0].split(separator: " ")
            guard halves.count == 2, fields.count > 4, let kind = halves[1].split(separator: " ").first else {
                continue
            }
            let point = fields[4] == "/" ? "/" : fields[4] + "/"
            if (path + "/").hasPrefix(point), point.count >= best.point.count { best = (String(point), String(kind)) }
        }
        return best.kind
    }
}
