internal import ArgumentParser
internal import Device

/// Which EST server is talked to, and by what it is trusted: for one device and for a fleet.
struct ServerAddressOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The EST server: https://HOST[:PORT][/.well-known/est[/LABEL]], or HOST:PORT.", valueName: "address"))
    var server: String
    @Option(help: ArgumentHelp("The label, where the address does not name it.", valueName: "label"))
    var label: String?
    @Option(
        help: ArgumentHelp(
            "PEM file of the root certificates that the server is trusted by; without it the system's.",
            valueName: "file"))
    var trustAnchor: String?

    func validate() throws {
        _ = try address()
    }

    func address() throws -> ESTServer {
        do {
            return try ESTServer(server, label: label)
        } catch let error as ESTServer.InvalidAddress {
            throw ValidationError("--server: \(error.description).")
        }
    }

    /// By the named roots, or by the system's.
    func trust() throws -> ClientTLS.Trust {
        try trustAnchor.map { .anchors(try PEMFile.certificates($0)) } ?? .system
    }
}
