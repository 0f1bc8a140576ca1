internal import ArgumentParser
internal import ConfigurationFile
internal import Foundation
internal import Frontend

/// `estuary-frontend join`
struct Join: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make this host a frontend of a cluster, by an invitation.",
        discussion: """
            Makes the frontend's own key in DIR, asks the signer to admit it, and writes DIR/configuration.yaml last: \
            then run `estuary-frontend serve --configuration DIR/configuration.yaml`. Host names and labels are those of \
            the invitation, which `estuary node invite` has made on the signer's host. Where the answer gets lost, the \
            same command asks again.
            """)

    @Option(help: ArgumentHelp("The invitation's file.", valueName: "file"))
    var invitation: String
    @Option(help: ArgumentHelp("Where the frontend's files go.", valueName: "dir"))
    var directory: String
    @OptionGroup var options: JoinOptions

    func run() async throws {
        let join = NodeJoin(
            invitation: invitation, configuration: directory + "/configuration.yaml", options: try options.options())
        do {
            print("\(try await join.run()) has joined.")
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode.failure
        }
    }
}

/// What a frontend is to be like that joins.
struct JoinOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Its name (default: frontend- and the host's name). No other node may have it.", valueName: "name"))
    var name: String?
    @Option(help: ArgumentHelp("Where devices connect (default: 0.0.0.0:8443).", valueName: "host:port"))
    var listen: ListenAddress?
    @Option(
        help: ArgumentHelp("Where metrics, health and readiness are (default: 127.0.0.1:9101).", valueName: "host:port")
    )
    var operations: ListenAddress?
    @Option(help: ArgumentHelp("Where CRLs and OCSP are without TLS (default: nowhere).", valueName: "host:port"))
    var plainHttp: ListenAddress?
    @Option(
        help: ArgumentHelp(
            "Load balancers that send the PROXY protocol, version 2: addresses and networks, separated by commas.",
            valueName: "networks"))
    var proxyProtocolFrom: String?
    @Option(
        help: ArgumentHelp(
            "Further names of its certificate, separated by commas: below a *.DOMAIN of the invitation.",
            valueName: "names"))
    var hosts: String?

    func options() throws -> NodeJoin.Options {
        var options = NodeJoin.Options()
        options.name = name
        if let listen { options.listen = listen }
        if let operations { options.operations = operations }
        options.plainHTTP = plainHttp
        options.proxies = Self.words(proxyProtocolFrom)
        options.hosts = Self.words(hosts)
        return options
    }

    private static func words(_ text: String?) -> [String] {
        text?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty } ?? []
    }
}

extension ListenAddress: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}
