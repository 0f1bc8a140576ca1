internal import ArgumentParser
internal import Device
internal import DurableFiles

/// What the device's commands do with an error: a sentence, and what can be done about it.
enum DeviceRun {
    /// «Try again later» of sysexits.h: for timers and scripts that can.
    static let laterStatus: Int32 = 75

    static func perform<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as DeviceError {
            let failure = Failure(error)
            guard error.isTransient || error.code == .stillPending else { throw failure }
            Output.remark("Error: \(failure)")
            throw ExitCode(laterStatus)
        } catch let error as FileFailure {
            throw Failure("A file can't be written: \(error)")
        }
    }
}

extension Failure {
    init(_ error: DeviceError) {
        self.init(PlainText.visible(error.message), hint: Self.hint(error))
    }

    private static func hint(_ error: DeviceError) -> String? {
        switch (error.code, error.status) {
        case (.untrustedServer, _):
            return """
                Give the root certificate that signed it with --trust-anchor. `estuary device cacerts --fingerprint` \
                fetches it where its fingerprint is known.
                """
        case (.stillPending, _):
            let later = error.retryAfter.map { " in \(Int(min($0, 1e9).rounded(.up))) s" } ?? " later"
            return "Run the same command again\(later): it goes on with the same key. --wait makes it wait itself."
        case (.unreachable, _), (.serverFailed, _):
            return "Run the same command again later: it goes on with the same key. --wait makes it try longer."
        case (.tlsFailed, _): return "Look at the address, and at the client certificate."
        case (_, 401):
            return """
                Give a secret with --secret-file (and --user where the server wants a name), or a certificate with \
                --client-certificate and --client-key.
                """
        case (_, 404): return "Look at the address and the label: `--server https://HOST/.well-known/est/LABEL`."
        case (_, 403):
            return "What the device asks for, or who it is, is refused: see what the server's operator allows."
        default: return nil
        }
    }
}
