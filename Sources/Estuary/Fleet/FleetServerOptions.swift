internal import ArgumentParser
internal import Device

/// Which server a fleet talks to, and how it trusts it.
struct FleetServerOptions: ParsableArguments {
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
    @Flag(help: "Verify nothing of the server: for tests alone.")
    var insecure = false

    func validate() throws {
        if insecure, trustAnchor != nil { throw ValidationError("--insecure and --trust-anchor exclude each other.") }
        _ = try address()
    }

    func address() throws -> ESTServer {
        do {
            return try ESTServer(server, label: label)
        } catch let error as ESTServer.InvalidAddress {
            throw ValidationError("--server: \(error.description).")
        }
    }

    func trust() throws -> ClientTLS.Trust {
        if insecure { return .provisional }
        return try trustAnchor.map { .anchors(try PEMFile.certificates($0)) } ?? .system
    }
}
