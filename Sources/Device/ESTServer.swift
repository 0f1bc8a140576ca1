internal import Foundation

/// An EST server as a person names it: `https://HOST[:PORT][/.well-known/est[/LABEL]]` (RFC 7030 §3.2.2).
package struct ESTServer: Sendable, Hashable, CustomStringConvertible {
    /// A DNS name or an IP address, without brackets.
    package let host: String
    package let port: Int
    /// nil for the server's own, without a label in the path.
    package let label: String?

    /// The text is no address of an EST server.
    package struct InvalidAddress: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    package init(host: String, port: Int, label: String?) {
        self.host = host
        self.port = port
        self.label = label
    }

    /// - Parameter label: what an option of its own says; where the address names one too, both must say the same.
    /// - Throws: ``InvalidAddress`` that says what to change.
    package init(_ text: String, label: String? = nil) throws {
        let address = text.contains("://") ? text : "https://\(text)"
        guard let components = URLComponents(string: address), let host = components.host, !host.isEmpty else {
            throw InvalidAddress(description: "«\(text)» is no address such as https://est.example.com")
        }
        guard components.scheme?.lowercased() == "https" else {
            throw InvalidAddress(description: "EST is spoken over TLS: the address must begin with https://")
        }
        guard components.user == nil, components.password == nil else {
            throw InvalidAddress(description: "a secret does not belong into the address; give it by a file")
        }
        guard components.query == nil, components.fragment == nil else {
            throw InvalidAddress(description: "«\(text)» has a query or a fragment, which no address of EST has")
        }
        let path = components.path.split(separator: "/").map(String.init)
        let named: String?
        switch path.count {
        case 0: named = nil
        case 2 where path[0] == ".well-known" && path[1] == "est": named = nil
        case 3 where path[0] == ".well-known" && path[1] == "est": named = path[2]
        default:
            throw InvalidAddress(description: "the path of «\(text)» is not /.well-known/est or /.well-known/est/LABEL")
        }
        if let label, let named, label != named {
            throw InvalidAddress(description: "the address names the label «\(named)», and the option «\(label)»")
        }
        let port = components.port ?? 443
        guard (1...65535).contains(port) else {
            throw InvalidAddress(description: "«\(port)» is no port; one from 1 to 65535 is expected")
        }
        self.init(
            host: host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host, port: port,
            label: try (label ?? named).map(Self.checked))
    }

    /// A label must not be called like one of these (RFC 7030 §3.2.2).
    private static let operations: Set<String> = [
        "cacerts", "simpleenroll", "simplereenroll", "fullcmc", "serverkeygen", "csrattrs",
    ]

    private static func checked(_ label: String) throws -> String {
        let allowed = label.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-._~".utf8.contains($0)
            }
        }
        guard !Self.operations.contains(label) else {
            throw InvalidAddress(description: "«\(label)» is an operation; the address ends before it, with the label")
        }
        guard allowed, !label.isEmpty, label != ".", label != ".." else {
            throw InvalidAddress(description: "«\(label)» is no label: letters, digits, «-», «.», «_» and «~»")
        }
        return label
    }

    /// The path of an operation.
    package func path(_ operation: String) -> String {
        "/.well-known/est/" + (label.map { "\($0)/" } ?? "") + operation
    }

    /// As it stands in a `Host` header.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == 443 ? name : "\(name):\(port)"
    }

    /// Where a `Location` header leads (RFC 9110 §10.2.2): the path, for an address on this server.
    ///
    /// - Parameter path: that of the request that was answered; a relative address is relative to it.
    /// - Returns: nil for an address that can't be read.
    func redirection(_ location: String, from path: String) -> Redirection? {
        let base = URL(string: "https://\(authority)\(path)")
        guard let target = URL(string: location, relativeTo: base)?.absoluteURL,
            let components = URLComponents(url: target, resolvingAgainstBaseURL: true), let host = components.host,
            !host.isEmpty
        else { return nil }
        let plainHost = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        guard components.scheme?.lowercased() == "https", plainHost.lowercased() == self.host.lowercased(),
            (components.port ?? 443) == port, components.user == nil, components.password == nil
        else { return .elsewhere(target.absoluteString) }
        let path = components.percentEncodedPath.isEmpty ? "/" : components.percentEncodedPath
        return .here(path: path + (components.percentEncodedQuery.map { "?\($0)" } ?? ""))
    }

    enum Redirection: Equatable {
        case here(path: String)
        /// Another scheme, host or port.
        case elsewhere(String)
    }

    package var description: String {
        "https://\(authority)/.well-known/est" + (label.map { "/\($0)" } ?? "")
    }
}
