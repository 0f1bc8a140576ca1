internal import COpenSSL
internal import Foundation

/// One certificate revocation list of a manufacturer (RFC 5280 §5), parsed by libcrypto.
///
/// `@unchecked`: the list is not changed after it was made; what libcrypto keeps in it for look-ups it guards with a
/// lock of its own.
final class ManufacturerCRL: @unchecked Sendable {
    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    /// The most lists in one file.
    private static let maximumLists = 16

    let list: OpaquePointer
    /// When it was made, in seconds since 1970.
    let thisUpdate: Int64

    private init(taking list: OpaquePointer) throws {
        self.list = list
        guard let made = X509_CRL_get0_lastUpdate(list), let seconds = Self.seconds(made) else {
            throw Unreadable(description: "a revocation list has no date that can be read")
        }
        thisUpdate = seconds
        var digest: Int32 = 0
        guard OBJ_find_sigid_algs(X509_CRL_get_signature_nid(list), &digest, nil) == 1,
            digest != NID_sha1, digest != NID_md5
        else {
            throw Unreadable(description: "a revocation list is signed with SHA-1 or an unknown algorithm")
        }
    }

    deinit { X509_CRL_free(list) }

    /// Reads the lists of a file: one in DER, or any number in PEM.
    static func read(_ contents: Data) throws -> [ManufacturerCRL] {
        defer { ERR_clear_error() }
        let isPEM = contents.firstRange(of: Data("-----BEGIN".utf8)) != nil
        return try contents.withUnsafeBytes { bytes in
            guard let input = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else {
                throw Unreadable(description: "libcrypto is out of memory")
            }
            defer { BIO_free_all(input) }
            var lists: [ManufacturerCRL] = []
            while let list = isPEM ? PEM_read_bio_X509_CRL(input, nil, nil, nil) : d2i_X509_CRL_bio(input, nil) {
                lists.append(try ManufacturerCRL(taking: list))
                guard lists.count <= maximumLists else {
                    throw Unreadable(description: "the file has more than \(maximumLists) revocation lists")
                }
                if !isPEM { break }
            }
            guard !lists.isEmpty else {
                throw Unreadable(description: "the file is no revocation list in PEM or DER")
            }
            return lists
        }
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>) -> Int64? {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return Int64(timegm(&parts))
    }
}
