internal import SwiftASN1
package import X509

/// A device maker's CA: where trust in its certificates begins, and what its devices leave out (design §6).
///
/// Quite apart from the authorities of ours: its certificates authenticate a first enrollment and nothing else, and no
/// certificate of ours is ever looked for here.
package struct ManufacturerTrust: Sendable, Equatable {
    package let name: String
    package let anchors: [Certificate]
    /// For devices that send their leaf alone.
    package let intermediates: [Certificate]

    package init(name: String, anchors: [Certificate], intermediates: [Certificate]) {
        self.name = name
        self.anchors = anchors
        self.intermediates = intermediates
    }

    /// - Parameters: the certificates, DER.
    package init(
        name: String, anchors: some Collection<some Collection<UInt8>>,
        intermediates: some Collection<some Collection<UInt8>>
    ) throws {
        self.init(
            name: name, anchors: try anchors.map { try Certificate(derEncoded: Array($0)) },
            intermediates: try intermediates.map { try Certificate(derEncoded: Array($0)) })
    }

    /// Why no path goes through an authority's certificate, whatever the time; nil where one may.
    package static func objection(to authority: Certificate, isAnchor: Bool) -> String? {
        ManufacturerPathPolicy.objection(to: authority, isAnchor: isAnchor)
    }

    /// The certificates that are expired or not yet valid.
    ///
    /// - Parameter now: in seconds since 1970.
    package func late(at now: Int64) -> [Certificate] {
        (anchors + intermediates).filter { now > $0.lastSecond || now < $0.firstSecond }
    }
}
