internal import Foundation

/// Processor time, user and system together, in seconds.
enum ProcessorTime {
    /// Of a process with all its threads, also those that have ended; in steps of a clock tick, mostly 10 ms.
    ///
    /// - Throws: ``BenchFailure`` where there is no such process.
    static func of(_ process: pid_t) throws -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            // The program's name stands in parentheses, and may hold anything.
            let end = text.lastIndex(of: ")")
        else {
            throw BenchFailure("The process \(process) has ended.")
        }
        // Fields 14 and 15 of proc_pid_stat(5); the first after the name is the third.
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
            throw BenchFailure("/proc/\(process)/stat can't be read.")
        }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Of this process.
    static var own: Double { clock(CLOCK_PROCESS_CPUTIME_ID) }

    /// Of this thread.
    static var ofThread: Double { clock(CLOCK_THREAD_CPUTIME_ID) }

    /// As two words, which `timespec` is here: which module has its members is another from build to build.
    private static func clock(_ identifier: clockid_t) -> Double {
        var time = [0, 0]
        time.withUnsafeMutableBufferPointer { words in
            guard let start = words.baseAddress else { return }
            _ = clock_gettime(identifier, UnsafeMutableRawPointer(start).assumingMemoryBound(to: timespec.self))
        }
        return Double(time[0]) + Double(time[1]) / 1e9
    }
}
