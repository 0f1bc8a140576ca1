internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation

/// A CRL as it was issued.
struct IssuedRevocationList: Sendable {
    var number: Int64
    /// When it was made, in seconds since 1970.
    var issuedAt: Int64
    var thisUpdate: Int64
    var nextUpdate: Int64
    /// How many certificates it names.
    var entries: Int
    /// The ledger's count of the authority's revocations, all of which it knows.
    var revocations: Int64
    /// DER.
    var bytes: [UInt8]

    /// A part for a frontend: of this CRL from its first byte, unless the frontend is in the middle of this very one.
    func part(number: Int64?, offset: Int) throws -> RevocationListPart {
        let start = number == self.number ? offset : 0
        guard (0...bytes.count).contains(start) else {
            throw ServiceError(.invalidArgument, "The CRL has no such part.")
        }
        let end = min(bytes.count, start + RevocationListPart.maximumBytes)
        return RevocationListPart(
            number: self.number, thisUpdate: thisUpdate, nextUpdate: nextUpdate, totalBytes: bytes.count,
            offset: start, bytes: Data(bytes[start..<end]))
    }
}
