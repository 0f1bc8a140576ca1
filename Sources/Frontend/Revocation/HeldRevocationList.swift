internal import NIOCore
internal import PKI

/// A CRL that this frontend serves: verified, and ready to be sent.
struct HeldRevocationList: Sendable {
    /// The cRLNumber.
    let number: Int64
    /// In seconds since 1970.
    let thisUpdate: Int64
    let nextUpdate: Int64
    /// DER.
    let body: ByteBuffer
    let version: EntityVersion

    /// - Parameter previous: The one that was served until now.
    /// - Throws: ``RevocationListError`` where it is not the authority's, or not newer than the previous one.
    init(derEncoded bytes: [UInt8], of authority: ServedAuthority, after previous: HeldRevocationList?) throws {
        let outline: RevocationListOutline
        do {
            outline = try RevocationListOutline(derEncoded: bytes)
        } catch {
            throw RevocationListError("\(error)")
        }
        guard outline.isIssued(by: authority.issuing) else {
            throw RevocationListError("the CRL is not signed by the authority's certificate")
        }
        guard outline.nextUpdate > outline.thisUpdate else {
            throw RevocationListError("the CRL ends before it begins")
        }
        if let previous, outline.number <= previous.number {
            throw RevocationListError(
                "the CRL has the number \(outline.number), and the one that is served \(previous.number)")
        }
        number = outline.number
        thisUpdate = outline.thisUpdate
        nextUpdate = outline.nextUpdate
        body = ByteBuffer(bytes: bytes)
        version = EntityVersion(
            of: bytes,
            // Two CRLs of one second are told apart also by a client that goes by times.
            modifiedAt: max(thisUpdate, (previous?.version.modifiedAt ?? 0) + 1))
    }
}

/// A CRL that is not taken.
struct RevocationListError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
