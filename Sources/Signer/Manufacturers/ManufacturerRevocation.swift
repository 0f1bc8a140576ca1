internal import COpenSSL
internal import Foundation
internal import PKI

/// Whether a manufacturer has revoked a certificate of a path, by the manufacturer's lists (RFC 5280 §6.3).
///
/// libcrypto verifies the whole path anew with the lists: their signatures, scopes and dates, and what they revoke. Only
/// a list's signature, over megabytes perhaps, is verified once for each issuer.
struct ManufacturerRevocation {
    enum Finding: Sendable, Equatable {
        /// - `remark`: what was tolerated, for the event.
        case good(remark: String?)
        case revoked
        /// It can't be told; a sentence for the event and the answer.
        case unknown(reason: String)
    }

    /// What libcrypto's callback saw.
    final class Observations {
        /// Where the anchor stands in the path.
        let anchor: Int32
        let lists: [ManufacturerCRL]
        let now: Int64
        var isRevoked = false
        var isStale = false
        /// How many errors there were beside those of time.
        var errors = 0
        var failure: String?

        init(anchor: Int32, lists: [ManufacturerCRL], now: Int64) {
            self.anchor = anchor
            self.lists = lists
            self.now = now
        }
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
        let seen = Observations(anchor: Int32(certificates.count - 1), lists: lists, now: now)
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
        X509_STORE_set_check_crl(store) { context, list in ManufacturerRevocation.check(context, list) }
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

    private static func certificate(_ der: [UInt8]) -> OpaquePointer? {
        der.withUnsafeBufferPointer { bytes in
            var position = bytes.baseAddress
            return d2i_X509(nil, &position, bytes.count)
        }
    }
}
