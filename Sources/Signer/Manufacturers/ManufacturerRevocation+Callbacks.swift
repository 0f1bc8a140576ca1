internal import COpenSSL
internal import Foundation

/// What libcrypto asks while it verifies a path.
extension ManufacturerRevocation {
    /// What libcrypto does by itself with a list that it has found.
    private static let standardCheck: X509_STORE_CTX_check_crl_fn? = {
        guard let context = X509_STORE_CTX_new() else { return nil }
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, nil, nil, nil) == 1 else { return nil }
        return X509_STORE_CTX_get_check_crl(context)
    }()

    /// Whether a list that was found for a certificate may be used: 1 if so.
    ///
    /// Of a list that is about all certificates of its issuer, all but its dates is the same each time.
    static func check(_ context: OpaquePointer?, _ list: OpaquePointer?) -> Int32 {
        guard let context, let list, let seen = observations(of: context), let standardCheck else { return 0 }
        guard let known = seen.lists.first(where: { $0.list == list }), !known.isScoped,
            let issuer = X509_STORE_CTX_get0_current_issuer(context).flatMap(fingerprint)
        else { return standardCheck(context, list) }
        guard !known.isVerified(by: issuer) else { return checkDates(of: list, seen) }
        let errors = seen.errors
        let result = standardCheck(context, list)
        if result == 1, seen.errors == errors { known.verified(by: issuer) }
        return result
    }

    /// RFC 5280 §6.3.3 (a), (c). A list without an end is current.
    private static func checkDates(of list: OpaquePointer, _ seen: Observations) -> Int32 {
        var now = time_t(seen.now)
        let begun = X509_cmp_time(X509_CRL_get0_lastUpdate(list), &now)
        let ended = X509_CRL_get0_nextUpdate(list).map { X509_cmp_time($0, &now) } ?? 1
        guard begun != 0, ended != 0 else {
            seen.failure = "A date of the manufacturer's revocation list can't be read."
            return 0
        }
        if begun > 0 || ended < 0 { seen.isStale = true }
        return 1
    }

    /// What libcrypto asks at each error: 1 to go on as if there were none.
    static func observe(_ accepted: Int32, _ context: OpaquePointer?) -> Int32 {
        guard accepted == 0 else { return accepted }
        guard let context, let seen = observations(of: context) else { return 0 }
        let depth = X509_STORE_CTX_get_error_depth(context)
        let error = X509_STORE_CTX_get_error(context)
        switch error {
        case X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID:
            // On, for it may still tell of a revocation.
            seen.isStale = true
            return 1
        default: seen.errors += 1
        }
        switch error {
        case X509_V_ERR_CERT_REVOKED:
            seen.isRevoked = true
            return 0
        case X509_V_ERR_UNABLE_TO_GET_CRL where depth > 0:
            // Of the authorities between, and of the anchor, only what there is a list of is looked for.
            return 1
        case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER where depth == seen.anchor:
            return 1
        case X509_V_ERR_UNABLE_TO_GET_CRL:
            seen.failure = "There is no revocation list of the manufacturer for the client certificate's issuer."
            return 0
        default:
            seen.failure =
                "The client certificate's path with the manufacturer's revocation lists: "
                + String(cString: X509_verify_cert_error_string(Int(error))) + "."
            return 0
        }
    }

    private static func observations(of context: OpaquePointer) -> Observations? {
        X509_STORE_CTX_get_ex_data(context, 0).map { Unmanaged<Observations>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The SHA-256 of a certificate.
    private static func fingerprint(_ certificate: OpaquePointer) -> Data? {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard X509_digest(certificate, EVP_sha256(), &digest, &count) == 1 else { return nil }
        return Data(digest.prefix(Int(count)))
    }
}
