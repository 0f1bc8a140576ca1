internal import COpenSSL
internal import Foundation
internal import PKI

/// Whether a manufacturer has revoked a certificate of a path, by the manufacturer's lists (RFC 5280 §6.3).
///
/// libcrypto verifies the whole path anew with the lists: their signatures, scopes and dates, and what they revoke.
struct ManufacturerRevocation {
    enum Finding: Sendable, Equatable {
        /// - `remark`: what was tolerated, for the event.
        case good(remark: String?)
        case revoked
        /// It can't be told; a sentence for the event and the answer.
        case unknown(reason: String)
    }

    /// What libcrypto's callback saw.
    private final class Observations {
        /// Where the anchor stands in the path.
        let anchor: Int32
        var isRevoked = false
        var isStale = false
        var failure: String?

        init(anchor: Int32) { self.anchor = anchor }
    }

    var rule: Manufacturer.RevocationRule
    var lists: [ManufacturerCRL]
    /// In seconds since 1970.
    var now: Int64

    /// - Parameter path: the leaf first, the anchor last; DER.
    func judge(_ path: [[UInt8]]) -> Finding {
        defer { ERR_clear_error() }
        let certificates = path.compactMap(Self.certificate)
        defer { certificates.forEach { X509_free($0) } }
        guard certificates.count == path.count, certificates.count > 1 else {
            return .unknown(reason: "The path of the client certificate can't be read.")
        }
        let seen = Observations(anchor: Int32(certificates.count - 1))
        guard verify(certificates, seen) else {
            if seen.isRevoked { return .revoked }
            return .unknown(reason: seen.failure ?? "The manufacturer's revocation list can't be used.")
        }
        guard seen.isStale || isOverAge(certificates) else { return .good(remark: nil) }
        switch rule.stale {
        case .refuse: return .unknown(reason: "The manufacturer's revocation list is out of date.")
        case .accept: return .good(remark: "The manufacturer's revocation list is out of date.")
        }
    }

    /// Whether the newest list of an issuer in the path is older than the rule allows.
    private func isOverAge(_ certificates: [OpaquePointer]) -> Bool {
        guard let maximumAge = rule.maximumAge else { return false }
        return certificates.dropLast().contains { certificate in
            let issuer = X509_get_issuer_name(certificate)
            let newest = lists.filter { X509_NAME_cmp(X509_CRL_get_issuer($0.list), issuer) == 0 }
                .map(\.thisUpdate).max()
            return newest.map { now - $0 > maximumAge } ?? false
        }
    }

    private func verify(_ certificates: [OpaquePointer], _ seen: Observations) -> Bool {
        guard let store = X509_STORE_new(), let context = X509_STORE_CTX_new(),
            let intermediates = OPENSSL_sk_new_null(), let parameters = X509_VERIFY_PARAM_new()
        else {
            // Memory: what was allocated of the four is lost, in a process that has none left anyway.
            return false
        }
        defer {
            X509_VERIFY_PARAM_free(parameters)
            X509_STORE_CTX_free(context)
            X509_STORE_free(store)
            OPENSSL_sk_free(intermediates)
        }
        guard let leaf = certificates.first, let anchor = certificates.last, X509_STORE_add_cert(store, anchor) == 1,
            lists.allSatisfy({ X509_STORE_add_crl(store, $0.list) == 1 }),
            certificates.dropFirst().dropLast().allSatisfy({
                OPENSSL_sk_push(intermediates, UnsafeRawPointer($0)) > 0
            })
        else { return false }
        let flags = X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_PARTIAL_CHAIN
        guard X509_VERIFY_PARAM_set_flags(parameters, UInt(flags)) == 1 else { return false }
        X509_VERIFY_PARAM_set_time(parameters, time_t(now))
        X509_VERIFY_PARAM_set_depth(parameters, seen.anchor)
        guard X509_STORE_set1_param(store, parameters) == 1,
            X509_STORE_CTX_init(context, store, leaf, intermediates) == 1,
            // Not retained: the callback is called during the verification alone.
            X509_STORE_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(seen).toOpaque()) == 1
        else { return false }
        X509_STORE_CTX_set_verify_cb(context) { accepted, context in
            ManufacturerRevocation.observe(accepted, context)
        }
        return withExtendedLifetime(seen) { X509_verify_cert(context) == 1 }
    }

    /// What libcrypto asks at each error: 1 to go on as if there were none.
    private static func observe(_ accepted: Int32, _ context: OpaquePointer?) -> Int32 {
        guard accepted == 0 else { return accepted }
        guard let context, let data = X509_STORE_CTX_get_ex_data(context, 0) else { return 0 }
        let seen = Unmanaged<Observations>.fromOpaque(data).takeUnretainedValue()
        let depth = X509_STORE_CTX_get_error_depth(context)
        let error = X509_STORE_CTX_get_error(context)
        switch error {
        case X509_V_ERR_CERT_REVOKED:
            seen.isRevoked = true
            return 0
        case X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID:
            // On, for it may still tell of a revocation.
            seen.isStale = true
            return 1
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

    private static func certificate(_ der: [UInt8]) -> OpaquePointer? {
        der.withUnsafeBufferPointer { bytes in
            var position = bytes.baseAddress
            return d2i_X509(nil, &position, bytes.count)
        }
    }
}
