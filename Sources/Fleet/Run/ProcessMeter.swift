internal import CoreFoundation
internal import Foundation

/// The processor time of this process: user and system, of all its threads.
package struct OwnTime: Sendable, Equatable {
    package var userMicroseconds: Int64
    package var systemMicroseconds: Int64

    package init(userMicroseconds: Int64, systemMicroseconds: Int64) {
        self.userMicroseconds = userMicroseconds
        self.systemMicroseconds = systemMicroseconds
    }

    package var totalMicroseconds: Int64 { userMicroseconds + systemMicroseconds }

    package static var now: OwnTime {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return OwnTime(
            userMicroseconds: Int64(usage.ru_utime.tv_sec) * 1_000_000 + Int64(usage.ru_utime.tv_usec),
            systemMicroseconds: Int64(usage.ru_stime.tv_sec) * 1_000_000 + Int64(usage.ru_stime.tv_usec))
    }

    package static func - (left: Self, right: Self) -> Self {
        OwnTime(
            userMicroseconds: left.userMicroseconds - right.userMicroseconds,
            systemMicroseconds: left.systemMicroseconds - right.systemMicroseconds)
    }
}

/// What another process used between two moments, by the kernel's own accounts.
package struct ProcessMeter: Sendable {
    package let process: Int32
    /// The name of its program; nil where the process can't be seen.
    package let name: String?
    /// What it used until ``stop()``; nil as long as that is not known, or when the process is gone.
    package private(set) var used: OwnTime?
    private let before: OwnTime?
    private let preciseBefore: Int64?

    /// Begins to measure.
    package init(process: Int32) {
        self.process = process
        name = Self.name(of: process)
        before = Self.time(of: process)
        preciseBefore = Self.preciseMicroseconds(of: process)
    }

    /// Ends the measuring.
    package mutating func stop() {
        guard let before, let after = Self.time(of: process) else { return }
        var used = after - before
        if let preciseBefore, let preciseAfter = Self.preciseMicroseconds(of: process) {
            // The kernel shares out the sum, which it knows exactly, by ticks of 10 ms.
            let total = preciseAfter - preciseBefore
            let ticks = used.totalMicroseconds
            let system = ticks > 0 ? Double(used.systemMicroseconds) / Double(ticks) : 0
            used.systemMicroseconds = Int64(Double(total) * system)
            used.userMicroseconds = total - used.systemMicroseconds
        }
        self.used = used
    }

    /// The process's clock: the time of all its threads, also of those that have ended.
    private static func preciseMicroseconds(of process: Int32) -> Int64? {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else { return nil }
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// `utime` and `stime` of `/proc/PID/stat`.
    private static func time(of process: Int32) -> OwnTime? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            // The name, in parentheses, may have anything in it.
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Int64(fields[11]), let system = Int64(fields[12]) else { return nil }
        let tick = 1_000_000 / Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        return OwnTime(userMicroseconds: user * tick, systemMicroseconds: system * tick)
    }

    private static func name(of process: Int32) -> String? {
        guard let words = arguments(of: process), let program = words.first else { return nil }
        return String(program.split(separator: "/").last ?? Substring(program))
    }

    private static func arguments(of process: Int32) -> [String]? {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(process)/cmdline"), !bytes.isEmpty else {
            return nil
        }
        return bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The processes of a local cluster: those of Estuary's programs whose configuration lies in its state directory.
    package static func processes(ofCluster directory: String) -> [Int32] {
        let folder = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path + "/"
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { Int32($0) }.filter { process in
            guard let words = arguments(of: process), let program = words.first?.split(separator: "/").last,
                program.hasPrefix("estuary-")
            else { return false }
            return words.contains { word in
                let base = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")) ?? "/"
                let path = URL(fileURLWithPath: word, relativeTo: URL(fileURLWithPath: base, isDirectory: true))
                return path.resolvingSymlinksInPath().path.hasPrefix(folder)
            }
        }.sorted()
    }
}
