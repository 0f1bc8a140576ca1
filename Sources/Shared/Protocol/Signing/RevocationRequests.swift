internal import ClusterTransport
package import Foundation

/// Fetches an authority's newest CRL, a part at a time since it may be larger than a message: `signing.revocationList`.
package struct RevocationListRequest: RemoteRequest {
    package typealias Reply = RevocationListPart
    package static let method = "signing.revocationList"

    package var authority: String
    /// The CRL that the parts before this one came from; nil asks for the first part of the newest.
    ///
    /// Where a newer one has been issued since, the reply begins that one at its first byte.
    package var number: Int64?
    /// Where the part begins, in bytes.
    package var offset: Int

    package init(authority: String, number: Int64? = nil, offset: Int = 0) {
        self.authority = authority
        self.number = number
        self.offset = offset
    }
}

/// A part of a CRL (RFC 5280 §5).
package struct RevocationListPart: Codable, Sendable, Equatable {
    /// The most bytes of a part: a message has 256 KiB.
    package static let maximumBytes = 128 * 1024

    /// The cRLNumber.
    package var number: Int64
    /// In seconds since 1970.
    package var thisUpdate: Int64
    package var nextUpdate: Int64
    /// The length of the whole CRL, DER, in bytes.
    package var totalBytes: Int
    package var offset: Int
    package var bytes: Data

    package init(
        number: Int64, thisUpdate: Int64, nextUpdate: Int64, totalBytes: Int, offset: Int, bytes: Data
    ) {
        self.number = number
        self.thisUpdate = thisUpdate
        self.nextUpdate = nextUpdate
        self.totalBytes = totalBytes
        self.offset = offset
        self.bytes = bytes
    }
}

/// Asks for a signed OCSP response on one certificate: `signing.certificateStatus`, in the lowest lane.
///
/// The frontend has parsed the OCSP request and found the authority by the CertID's hashes; frontends hold no OCSP key.
package struct CertificateStatusRequest: RemoteRequest {
    package typealias Reply = CertificateStatusReply
    package static let method = "signing.certificateStatus"

    /// The hash function of a CertID (RFC 6960 §4.1.1), which the response repeats.
    package enum IdentifierHash: String, Codable, Sendable, CaseIterable {
        case sha1
        case sha256
    }

    package var authority: String
    /// The serial number's content bytes, without leading zeros.
    package var serial: Data
    package var identifierHash: IdentifierHash

    package init(authority: String, serial: Data, identifierHash: IdentifierHash) {
        self.authority = authority
        self.serial = serial
        self.identifierHash = identifierHash
    }
}

/// An OCSP response as it goes to the client. A certificate that was never issued is `notFound`, thrown.
package struct CertificateStatusReply: Codable, Sendable, Equatable {
    /// An OCSPResponse with a BasicOCSPResponse, DER.
    package var response: Data
    /// In seconds since 1970. A frontend keeps the response until `nextUpdate` at the latest.
    package var thisUpdate: Int64
    package var nextUpdate: Int64
    /// The number of the CRL that says the same: a response made before the CRL that a frontend holds is not to be kept.
    package var revocationListNumber: Int64

    package init(response: Data, thisUpdate: Int64, nextUpdate: Int64, revocationListNumber: Int64) {
        self.response = response
        self.thisUpdate = thisUpdate
        self.nextUpdate = nextUpdate
        self.revocationListNumber = revocationListNumber
    }
}
