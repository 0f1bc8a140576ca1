internal import Dispatch
internal import Foundation
internal import Synchronization

/// A process that this one has started, in a process group of its own: Ctrl-C reaches this process only, which then ends
/// the others in order.
///
/// The child holds the reading end of a pipe as its standard input. It sees end-of-file when this process is gone,
/// however it went, and ends then.
final class ChildProcess: Sendable {
    enum Exit: Sendable, Equatable, CustomStringConvertible {
        case status(Int32)
        case signal(Int32)

        var description: String {
            switch self {
            case .status(let status): "ended with status \(status)"
            case .signal(let signal): "was ended by signal \(signal)"
            }
        }
    }

    let identifier: pid_t
    private let life: Life
    private static let starting = Mutex(())

    /// How long after a process's end its output is awaited: a process that it has started itself may hold the pipe.
    private static let outputGrace = 2.0

    /// Starts a program. What it prints goes to `output` as it comes; `exited` is called once, when it has ended and its
    /// output was passed on.
    ///
    /// - Parameter mergesErrors: whether standard error goes to `output` too, and not where this process's goes.
    /// - Throws: ``Failure`` where it can't be started.
    init(
        program: String, arguments: [String], mergesErrors: Bool = true,
        output: @escaping @Sendable (UnsafeRawBufferPointer) -> Void, exited: @escaping @Sendable (Exit) -> Void
    ) throws {
        // One start at a time: a child that is started while another's pipes are made would inherit them.
        let (identifier, reading, writing) = try Self.starting.withLock { _ in
            let input = try Self.makePipe()
            let printed: (reading: Int32, writing: Int32)
            do {
                printed = try Self.makePipe()
            } catch {
                Self.closeAll(input.reading, input.writing)
                throw error
            }
            defer { Self.closeAll(input.reading, printed.writing) }
            do {
                let identifier = try Self.spawn(
                    program, arguments, input: input.reading, output: printed.writing, mergesErrors: mergesErrors)
                return (identifier, printed.reading, input.writing)
            } catch {
                Self.closeAll(input.writing, printed.reading)
                throw error
            }
        }
        self.identifier = identifier
        let life = Life()
        self.life = life
        // Threads of their own: both calls block until the child does something.
        let outputEnded = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            Self.forward(reading, to: output)
            Self.closeAll(reading)
            outputEnded.signal()
        }
        Thread.detachNewThread {
            let exit = life.wait(for: identifier)
            _ = outputEnded.wait(timeout: .now() + Self.outputGrace)
            Self.closeAll(writing)
            exited(exit)
        }
    }

    /// Asks the process to end in good order.
    func terminate() {
        life.signal(SIGTERM, to: identifier)
    }

    func kill() {
        life.signal(SIGKILL, to: identifier)
    }

    private static func makePipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw Failure("No pipe can be made: \(String(cString: strerror(errno))).")
        }
        // Closed in every program that is started, so that no child keeps another's input open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func closeAll(_ descriptors: Int32...) {
        for descriptor in descriptors { close(descriptor) }
    }

    private static func spawn(
        _ program: String, _ arguments: [String], input: Int32, output: Int32, mergesErrors: Bool
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        if mergesErrors { posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // This process ignores the signals that it waits for; its children must not inherit that.
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var identifier = pid_t()
        let status = posix_spawn(&identifier, program, &actions, &attributes, &words, environ)
        guard status == 0 else {
            throw Failure("\(program) can't be started: \(String(cString: strerror(status))).")
        }
        return identifier
    }

    private static func forward(_ descriptor: Int32, to output: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return }
                output(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    /// Keeps a signal from reaching a stranger: once a process is waited for, the kernel gives its number away.
    private final class Life: Sendable {
        private let isOver = Mutex(false)

        func signal(_ number: Int32, to identifier: pid_t) {
            isOver.withLock { isOver in
                if !isOver { _ = Foundation.kill(identifier, number) }
            }
        }

        func wait(for identifier: pid_t) -> Exit {
            var information = siginfo_t()
            // Waits without taking the exit away, which is quick then and happens under the lock.
            while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
            return isOver.withLock { isOver in
                isOver = true
                var status: Int32 = 0
                while waitpid(identifier, &status, 0) < 0 {
                    guard errno == EINTR else { return .status(-1) }
                }
                let signal = status & 0x7f
                return signal == 0 ? .status((status >> 8) & 0xff) : .signal(signal)
            }
        }
    }
}
