/// What a request line asks for (RFC 9112 §3.2).
enum RequestTarget {
    /// The path. A query plays no part, and neither does the host of an absolute target, which every server has to take
    /// (RFC 9112 §3.2.2): the certificate, or the signature of what is served, shows whose it is.
    static func path(of target: String) -> Substring {
        let path = withoutAuthority(target)
        return path.utf8.firstIndex(of: UInt8(ascii: "?")).map { path[..<$0] } ?? path
    }

    /// What follows the host of an absolute target; any other target as it is.
    private static func withoutAuthority(_ target: String) -> Substring {
        guard target.utf8.first != UInt8(ascii: "/") else { return target[...] }
        let schemes = ["https://", "http://"]
        guard let scheme = schemes.first(where: { target.prefix($0.count).lowercased() == $0 }) else {
            return target[...]
        }
        let rest = target.dropFirst(scheme.count)
        guard rest.first != "/" else { return "" }
        return rest.drop { $0 != "/" && $0 != "?" }
    }
}
