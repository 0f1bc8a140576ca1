internal import COpenSSL
internal import Foundation
internal import Synchronization

/// One certificate revocation list of a manufacturer (RFC 5280 §5), parsed by libcrypto.
///
/// `@unchecked`: the list is not changed after it was made; what libcrypto keeps in it for look-ups it guards with a
/// lock of its own.
final class ManufacturerCRL: @unchecked Sendable {
    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    /// The most issuers that are remembered of one list.
    private static let maximumIssuers = 16

    let list: OpaquePointer
    /// When it was made, in seconds since 1970.
    let thisUpdate: Int64
    /// Whether it says which certificates it is about (RFC 5280 §5.2.5). Otherwise it is about all of its issuer's.
    let isScoped: Bool
    private let issuers = Mutex<Set<Data>>([])

    private init(taking list: OpaquePointer, thisUpdate: Int64) {
        self.list = list
        self.thisUpdate = thisUpdate
        isScoped = X509_CRL_get_ext_by_NID(list, NID_issuing_distribution_point, -1) >= 0
    }

    deinit { X509_CRL_free(list) }

    /// - Parameter list: freed where it is refused. Not in an initializer: one that throws runs no `deinit`.
    static func taking(_ list: OpaquePointer) throws(Unreadable) -> ManufacturerCRL {
        do throws(Unreadable) {
            return ManufacturerCRL(taking: list, thisUpdate: try validate(list))
        } catch {
            X509_CRL_free(list)
            throw error
        }
    }

    /// - Returns: when it was made, in seconds since 1970.
    private static func validate(_ list: OpaquePointer) throws(Unreadable) -> Int64 {
        guard let made = X509_CRL_get0_lastUpdate(list), let thisUpdate = seconds(made) else {
            throw Unreadable(description: "a revocation list has no date that can be read")
        }
        var digest: Int32 = 0
        guard OBJ_find_sigid_algs(X509_CRL_get_signature_nid(list), &digest, nil) == 1,
            digest != NID_sha1, digest != NID_md5
        else {
            throw Unreadable(description: "a revocation list is signed with SHA-1 or an unknown algorithm")
        }
        // libcrypto would take it for a whole one, and the newest.
        guard X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) < 0 else {
            throw Unreadable(description: "a revocation list is a delta list; the complete one is needed")
        }
        return thisUpdate
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>) -> Int64? {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return Int64(timegm(&parts))
    }

    // MARK: Its issuer

    /// Whether the list is known to be the issuer's, its signature verified.
    ///
    /// - Parameter issuer: the SHA-256 of the issuer's certificate.
    func isVerified(by issuer: Data) -> Bool {
        issuers.withLock { $0.contains(issuer) }
    }

    func verified(by issuer: Data) {
        issuers.withLock { issuers in
            guard issuers.count < Self.maximumIssuers else { return }
            issuers.insert(issuer)
        }
    }
}
