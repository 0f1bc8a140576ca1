internal import Foundation

/// A program of Estuary that the benchmark has started, in a process group of its own.
///
/// Its standard input is a pipe of this process: `--supervised` programs end when this one is gone, however it went.
final class ServerProcess {
    let name: String
    let identifier: pid_t
    private let input: Int32
    private var status: Int32?

    /// - Parameter log: a file that takes what the program prints, its errors too; it is appended to.
    /// - Throws: ``BenchFailure`` where the program can't be started.
    init(_ program: String, _ arguments: [String], log: String) throws {
        name = URL(fileURLWithPath: program).lastPathComponent
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw BenchFailure("No pipe can be made: \(String(cString: strerror(errno))).") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setpgroup(&attributes, 0)
        // What this process ignores, since it waits for it, the program must not ignore.
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF))
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var identifier = pid_t()
        let failure = posix_spawn(&identifier, program, &actions, &attributes, &words, environ)
        guard failure == 0 else {
            close(ends[1])
            throw BenchFailure("\(name) can't be started: \(String(cString: strerror(failure))).")
        }
        self.identifier = identifier
        input = ends[1]
        Interruption.started(identifier)
    }

    /// Whether it runs. Only this object waits for the process, so that its number stays its own until then.
    var isRunning: Bool {
        if status != nil { return false }
        var found: Int32 = 0
        guard waitpid(identifier, &found, WNOHANG) == identifier else { return true }
        status = found
        Interruption.ended(identifier)
        close(input)
        return false
    }

    /// Asks it to end in good order, and waits for that.
    ///
    /// - Throws: ``BenchFailure`` where it does not end with status 0, or had to be killed.
    func stop(within limit: Duration = .seconds(60)) async throws {
        if isRunning { kill(identifier, SIGTERM) }
        try await end(within: limit)
    }

    /// Waits for its end.
    ///
    /// - Throws: ``BenchFailure`` where it does not end with status 0, or had to be killed.
    func end(within limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        while isRunning {
            guard ContinuousClock.now < deadline else {
                killAtOnce()
                throw BenchFailure("\(name) did not end within \(limit) and was killed.")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        guard status == 0 else {
            throw BenchFailure("\(name) ended with the wait status \(status ?? -1).")
        }
    }

    /// Ends it at once, where it still runs.
    func killAtOnce() {
        guard isRunning else { return }
        kill(identifier, SIGKILL)
        var found: Int32 = 0
        while waitpid(identifier, &found, 0) < 0, errno == EINTR {}
        status = found
        Interruption.ended(identifier)
        close(input)
    }

    deinit {
        killAtOnce()
    }
}
