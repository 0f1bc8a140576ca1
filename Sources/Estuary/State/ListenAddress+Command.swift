internal import ConfigurationFile

extension ListenAddress {
    /// The address in a text that a person has written.
    ///
    /// - Throws: ``Failure`` where it is none.
    static func parse(_ text: String) throws -> ListenAddress {
        guard let address = ListenAddress(text) else {
            throw Failure(
                "«\(text)» is no address to listen at.",
                hint: "Give host and port: 127.0.0.1:8443, or 0.0.0.0:8443 for every address.")
        }
        return address
    }

    /// Where a client on this machine finds it.
    var localClientHost: String {
        isEveryAddress ? "localhost" : host.contains(":") ? "[\(host)]" : host
    }
}
