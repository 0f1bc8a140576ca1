internal import ClusterTransport
package import Foundation

/// A frontend's sign of life, once a second: `signing.ping`. It also finds a signer that hangs.
package struct PingRequest: RemoteRequest {
    package typealias Reply = PingReply
    package static let method = "signing.ping"

    package var report: NodeReport

    package init(report: NodeReport) {
        self.report = report
    }
}

/// What a node says of itself, for `estuary status`.
package struct NodeReport: Codable, Sendable, Equatable {
    package var version: String
    /// When the process started, in seconds since 1970.
    package var startedAt: Int64
    /// Enrollments running and waiting.
    package var running: Int
    package var waiting: Int
    /// Events that the auditor has not acknowledged, and events dropped since the start.
    package var eventBacklog: Int
    package var eventsDropped: Int
    /// The end of the node's own TLS certificate, in seconds since 1970.
    package var certificateNotAfter: Int64?
    package var catalogueVersion: Int

    package init(
        version: String, startedAt: Int64, running: Int, waiting: Int, eventBacklog: Int, eventsDropped: Int,
        certificateNotAfter: Int64?, catalogueVersion: Int
    ) {
        self.version = version
        self.startedAt = startedAt
        self.running = running
        self.waiting = waiting
        self.eventBacklog = eventBacklog
        self.eventsDropped = eventsDropped
        self.certificateNotAfter = certificateNotAfter
        self.catalogueVersion = catalogueVersion
    }
}

package struct PingReply: Codable, Sendable, Equatable {
    /// The version of the catalogue in force: a frontend that holds another fetches it.
    package var catalogueVersion: Int
    /// The number of each authority's newest CRL, by the authority's name: it rises with every revocation, and a frontend
    /// that holds another fetches the list and forgets what OCSP said of that authority.
    package var revocationLists: [String: Int64]

    package init(catalogueVersion: Int, revocationLists: [String: Int64] = [:]) {
        self.catalogueVersion = catalogueVersion
        self.revocationLists = revocationLists
    }
}

/// Fetches the catalogue in force: `signing.catalogue`.
package struct CatalogueRequest: RemoteRequest {
    package typealias Reply = SignedCatalogue
    package static let method = "signing.catalogue"

    package init() {}
}

/// A node's request for its own TLS server certificate: `signing.nodeCertificate`.
///
/// The signer decides the names: those registered for the node whose CURVE key sent the request. Of the certification
/// request only the key counts.
package struct NodeCertificateRequest: RemoteRequest {
    package typealias Reply = NodeCertificateReply
    package static let method = "signing.nodeCertificate"

    /// The PKCS#10 certification request, DER.
    package var certificationRequest: Data

    package init(certificationRequest: Data) {
        self.certificationRequest = certificationRequest
    }
}

package struct NodeCertificateReply: Codable, Sendable, Equatable {
    /// The certificate and the intermediates that a server sends in TLS, leaf first, DER. The root is not in it.
    package var chain: [Data]

    package init(chain: [Data]) {
        self.chain = chain
    }
}
