/// The path of a request for a CRL or a certificate's status, taken apart.
///
/// As with ``ESTPath`` nothing is normalised: another spelling is none of ours.
enum RevocationPath: Equatable {
    /// `/crl/AUTHORITY.crl`
    case revocationList(authority: String)
    /// `/ocsp/AUTHORITY`, or `/ocsp/AUTHORITY/REQUEST` with the request in base64 (RFC 6960 A.1), as it was written.
    case certificateStatus(authority: String, request: String?)

    var authority: String {
        switch self {
        case .revocationList(let authority), .certificateStatus(let authority, _): authority
        }
    }

    private static let listPrefix = "/crl/"
    private static let listSuffix = ".crl"
    private static let statusPrefix = "/ocsp/"

    /// - Parameter target: The request target, of which ``RequestTarget`` finds the path.
    init?(_ target: String) {
        let path = RequestTarget.path(of: target)
        if path.hasPrefix(Self.listPrefix), path.hasSuffix(Self.listSuffix) {
            let name = path.dropFirst(Self.listPrefix.count).dropLast(Self.listSuffix.count)
            guard !name.isEmpty, !name.contains("/") else { return nil }
            self = .revocationList(authority: String(name))
        } else if path.hasPrefix(Self.statusPrefix) {
            // The alphabet of base64 has a slash, which some clients write as it is.
            let parts = path.dropFirst(Self.statusPrefix.count).split(
                separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first, !name.isEmpty, parts.count == 1 || !parts[1].isEmpty else { return nil }
            self = .certificateStatus(authority: String(name), request: parts.count == 1 ? nil : String(parts[1]))
        } else {
            return nil
        }
    }
}
