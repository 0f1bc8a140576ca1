internal import ArgumentParser
internal import Device

/// Which EST server a device talks to, how it trusts it, and how long it tries.
struct ServerOptions: ParsableArguments {
    @OptionGroup var place: ServerAddressOptions
    @Option(help: ArgumentHelp("For a connection with its TLS handshake, and for each answer.", valueName: "time"))
    var timeout = Lifetime(seconds: 20)
    @Option(
        help: ArgumentHelp(
            """
            How long to go on where the server says «later» (202 or 503 with Retry-After), or is away: 0, 30s, 10m. \
            When it is over, the exit status is 75: the same command, run again, goes on.
            """, valueName: "time"))
    var wait = WaitingTime(seconds: 60)

    func address() throws -> ESTServer { try place.address() }

    /// - Parameter identity: shown to the server.
    func client(identity: ClientTLS.Identity? = nil, password: HTTPPassword? = nil) throws -> ESTClient {
        var client = ESTClient(
            server: try address(), tls: ClientTLS(trust: try place.trust(), identity: identity), password: password)
        client.timeout = Double(timeout.seconds)
        client.patience = Patience(longestWait: Double(wait.seconds))
        client.watch = { step in
            switch step {
            case .waitsForApproval(let seconds):
                Output.remark("The request waits for approval; asking again in \(Int(seconds.rounded(.up))) s.")
            case .failed(let reason, let seconds):
                Output.remark("\(PlainText.visible(reason)) Trying again in \(Int(seconds.rounded(.up))) s.")
            }
        }
        return client
    }
}

/// A duration that may be none: `0`, `30s`, `10m`.
struct WaitingTime: ExpressibleByArgument, Equatable {
    let seconds: Int64

    init(seconds: Int64) {
        self.seconds = seconds
    }

    init?(argument: String) {
        if argument == "0" || argument == "0s" {
            seconds = 0
        } else if let lifetime = Lifetime(argument: argument) {
            seconds = lifetime.seconds
        } else {
            return nil
        }
    }

    var defaultValueDescription: String {
        seconds == 0 ? "0" : Lifetime(seconds: seconds).defaultValueDescription
    }
}
