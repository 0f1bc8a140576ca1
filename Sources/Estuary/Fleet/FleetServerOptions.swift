internal import ArgumentParser
internal import Device

/// Which server a fleet talks to, and how it trusts it.
struct FleetServerOptions: ParsableArguments {
    @OptionGroup var place: ServerAddressOptions
    @Flag(help: "Verify nothing of the server: for tests alone.")
    var insecure = false

    func validate() throws {
        guard insecure, place.trustAnchor != nil else { return }
        throw ValidationError("--insecure and --trust-anchor exclude each other.")
    }

    func address() throws -> ESTServer { try place.address() }

    func trust() throws -> ClientTLS.Trust {
        insecure ? .provisional : try place.trust()
    }
}
