internal import ClusterProtocol

/// Puts a CRL together from the parts in which the signer sends it.
///
/// Pure: it says what to ask for next, and takes the answer. Nothing in a part is believed; whether the whole is a CRL
/// of the authority is judged by its signature, afterwards.
struct RevocationListAssembly {
    /// A signer that issues CRLs faster than this frontend fetches them is asked again later.
    private static let maximumRestarts = 8

    let maximumBytes: Int
    private(set) var bytes: [UInt8] = []
    private var number: Int64?
    private var totalBytes = 0
    private var restarts = 0

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    func nextRequest(authority: String) -> RevocationListRequest {
        RevocationListRequest(authority: authority, number: number, offset: bytes.count)
    }

    /// - Returns: Whether the CRL is whole.
    /// - Throws: ``RevocationListError`` where the parts don't fit together.
    mutating func add(_ part: RevocationListPart) throws -> Bool {
        if part.number != number {
            try begin(part)
        }
        guard part.totalBytes == totalBytes, part.offset == bytes.count, !part.bytes.isEmpty,
            part.bytes.count <= totalBytes - bytes.count
        else { throw RevocationListError("a part of the CRL does not fit to those before it") }
        bytes += part.bytes
        return bytes.count == totalBytes
    }

    /// The first part, or the first of a newer CRL that was issued meanwhile.
    private mutating func begin(_ part: RevocationListPart) throws {
        if let number {
            guard part.number > number else {
                throw RevocationListError("the signer went from the CRL \(number) to \(part.number)")
            }
            restarts += 1
            guard restarts <= Self.maximumRestarts else {
                throw RevocationListError("the CRL changed \(restarts) times while it was fetched")
            }
        }
        guard (1...maximumBytes).contains(part.totalBytes) else {
            throw RevocationListError(
                "the CRL has \(part.totalBytes) bytes; limits.revocation-list-bytes allows \(maximumBytes)")
        }
        number = part.number
        totalBytes = part.totalBytes
        bytes = []
        bytes.reserveCapacity(totalBytes)
    }
}
