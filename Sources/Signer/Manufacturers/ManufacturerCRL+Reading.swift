internal import COpenSSL
internal import Foundation

extension ManufacturerCRL {
    /// The most lists in one file.
    private static let maximumLists = 16

    /// Reads the lists of a file: one in DER, or any number in PEM.
    ///
    /// - Throws: ``Unreadable`` where any part of the file is not a whole list. What a damaged list revokes would
    ///   otherwise be forgotten.
    static func read(_ contents: Data) throws -> [ManufacturerCRL] {
        defer { ERR_clear_error() }
        let isPEM = contents.firstRange(of: Data("-----BEGIN".utf8)) != nil
        let lists = isPEM ? try readPEM(contents) : try readDER(contents)
        guard !lists.isEmpty else {
            throw Unreadable(description: "the file is no revocation list in PEM or DER")
        }
        return lists
    }

    private static func readDER(_ contents: Data) throws -> [ManufacturerCRL] {
        let (list, rest): (OpaquePointer?, Int) = contents.withUnsafeBytes { bytes in
            let start = bytes.bindMemory(to: UInt8.self).baseAddress
            var position = start
            let list = d2i_X509_CRL(nil, &position, bytes.count)
            guard let start, let position else { return (list, bytes.count) }
            return (list, bytes.count - (position - start))
        }
        guard let list else { return [] }
        let whole = try taking(list)
        guard rest == 0 else {
            throw Unreadable(description: "the file has \(rest) bytes after its revocation list")
        }
        return [whole]
    }

    private static func readPEM(_ contents: Data) throws -> [ManufacturerCRL] {
        try contents.withUnsafeBytes { bytes in
            guard let input = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else {
                throw Unreadable(description: "libcrypto is out of memory")
            }
            defer { BIO_free_all(input) }
            var lists: [ManufacturerCRL] = []
            ERR_clear_error()
            while let list = PEM_read_bio_X509_CRL(input, nil, nil, nil) {
                lists.append(try taking(list))
                guard lists.count <= maximumLists else {
                    throw Unreadable(description: "the file has more than \(maximumLists) revocation lists")
                }
            }
            // No list follows, or one that can't be read. One whose first line is cut short is none to libcrypto.
            guard ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE,
                encapsulationBoundaries(bytes) == 2 * lists.count
            else {
                throw Unreadable(
                    description: "beside \(lists.count) revocation lists the file has something that is not a whole one"
                )
            }
            return lists
        }
    }

    /// How many lines begin with «-» or have «-----» in them, as only the first and the last of a PEM block do (RFC 7468
    /// §2).
    private static func encapsulationBoundaries(_ contents: UnsafeRawBufferPointer) -> Int {
        var count = 0
        var isAtStart = true
        var isCounted = false
        var dashes = 0
        for byte in contents {
            switch byte {
            case 0x0a, 0x0d:
                isAtStart = true
                isCounted = false
                dashes = 0
            case 0x20, 0x09: dashes = 0
            default:
                dashes = byte == 0x2d ? dashes + 1 : 0
                if !isCounted && (dashes == 5 || isAtStart && dashes == 1) {
                    isCounted = true
                    count += 1
                }
                isAtStart = false
            }
        }
        return count
    }
}
