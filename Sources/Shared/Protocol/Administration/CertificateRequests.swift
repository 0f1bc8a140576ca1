internal import ClusterTransport
package import Foundation

/// A reason code of RFC 5280 §5.3.1 that an operator may give.
package enum RevocationReason: String, Codable, Sendable, CaseIterable {
    case unspecified
    case keyCompromise
    case affiliationChanged
    case superseded
    case cessationOfOperation
    case privilegeWithdrawn
}

package struct CertificateDescription: Codable, Sendable, Equatable {
    package var authority: String
    /// Hexadecimal, lower case, two digits a byte.
    package var serial: String
    package var device: String
    package var subject: String
    package var names: [String]
    package var label: String
    package var profile: String
    /// The frontend through which it was asked for.
    package var node: String
    /// In seconds since 1970.
    package var issuedAt: Int64
    package var notBefore: Int64
    package var notAfter: Int64
    package var fingerprint: String
    package var revokedAt: Int64?
    package var revocationReason: RevocationReason?
    /// DER; only in the answer to ``ShowCertificateRequest``.
    package var certificate: Data?

    package init(
        authority: String, serial: String, device: String, subject: String, names: [String], label: String,
        profile: String, node: String, issuedAt: Int64, notBefore: Int64, notAfter: Int64, fingerprint: String,
        revokedAt: Int64?, revocationReason: RevocationReason?, certificate: Data? = nil
    ) {
        self.authority = authority
        self.serial = serial
        self.device = device
        self.subject = subject
        self.names = names
        self.label = label
        self.profile = profile
        self.node = node
        self.issuedAt = issuedAt
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.fingerprint = fingerprint
        self.revokedAt = revokedAt
        self.revocationReason = revocationReason
        self.certificate = certificate
    }
}

/// Lists certificates, newest first: `administration.listCertificates`.
package struct ListCertificatesRequest: RemoteRequest {
    package typealias Reply = Page<CertificateDescription>
    package static let method = "administration.listCertificates"

    package var device: String?
    /// A common name or subjectAltName, exactly.
    package var name: String?
    package var label: String?
    package var node: String?
    /// Issued at or after, in seconds since 1970.
    package var since: Int64?
    package var revokedOnly: Bool
    package var cursor: String?

    package init(
        device: String? = nil, name: String? = nil, label: String? = nil, node: String? = nil, since: Int64? = nil,
        revokedOnly: Bool = false, cursor: String? = nil
    ) {
        self.device = device
        self.name = name
        self.label = label
        self.node = node
        self.since = since
        self.revokedOnly = revokedOnly
        self.cursor = cursor
    }
}

/// Shows one certificate: `administration.showCertificate`.
package struct ShowCertificateRequest: RemoteRequest {
    package typealias Reply = CertificateDescription
    package static let method = "administration.showCertificate"

    /// Hexadecimal; colons and case don't matter.
    package var serial: String

    package init(serial: String) {
        self.serial = serial
    }
}

/// Revokes a certificate, and with it its device: `administration.revokeCertificate` (design §6).
///
/// Unless `only`, every unexpired certificate of the device is revoked, and its names are blocked for secrets until
/// they are released. A key revoked for keyCompromise is refused for ever, on every label.
package struct RevokeCertificateRequest: RemoteRequest {
    package typealias Reply = RevokeCertificateReply
    package static let method = "administration.revokeCertificate"

    package var serial: String
    package var reason: RevocationReason
    package var only: Bool

    package init(serial: String, reason: RevocationReason, only: Bool) {
        self.serial = serial
        self.reason = reason
        self.only = only
    }
}

package struct RevokeCertificateReply: Codable, Sendable, Equatable {
    /// The serial numbers that this request revoked; those that were already revoked are not in it.
    package var revoked: [String]
    package var device: String
    package var blockedNames: [String]

    package init(revoked: [String], device: String, blockedNames: [String]) {
        self.revoked = revoked
        self.device = device
        self.blockedNames = blockedNames
    }
}

/// Revokes what was asked for through one frontend, as when its key was stolen:
/// `administration.revokeNodeCertificates`.
///
/// One request revokes some hundreds, oldest first, and the reply's cursor goes into the next. Until the last one there
/// is no CRL, so that all of them are in one. Neither names nor devices are blocked: of those devices nearly all are
/// honest.
package struct RevokeNodeCertificatesRequest: RemoteRequest {
    package typealias Reply = RevokeNodeCertificatesReply
    package static let method = "administration.revokeNodeCertificates"

    package var node: String
    /// Issued at or after, in seconds since 1970.
    package var since: Int64
    package var reason: RevocationReason
    /// Only what was asked for through the frontend: not what the devices got by it later, through others.
    package var only: Bool
    package var cursor: String?

    package init(node: String, since: Int64, reason: RevocationReason, only: Bool, cursor: String? = nil) {
        self.node = node
        self.since = since
        self.reason = reason
        self.only = only
        self.cursor = cursor
    }
}

package struct RevokeNodeCertificatesReply: Codable, Sendable {
    package var page: Page<RevokedCertificate>
    /// Whether the frontend may still ask for certificates.
    package var nodeIsAdmitted: Bool

    package init(page: Page<RevokedCertificate>, nodeIsAdmitted: Bool) {
        self.page = page
        self.nodeIsAdmitted = nodeIsAdmitted
    }
}

/// A certificate that a request has just revoked.
package struct RevokedCertificate: Codable, Sendable, Equatable {
    package var authority: String
    /// Hexadecimal, lower case, two digits a byte.
    package var serial: String
    package var device: String
    package var label: String
    /// The frontend through which it was asked for.
    package var node: String
    /// In seconds since 1970.
    package var issuedAt: Int64

    package init(authority: String, serial: String, device: String, label: String, node: String, issuedAt: Int64) {
        self.authority = authority
        self.serial = serial
        self.device = device
        self.label = label
        self.node = node
        self.issuedAt = issuedAt
    }
}

/// Sets a name free, so that another device may get it, and lifts a block on it: `administration.releaseName`.
package struct ReleaseNameRequest: RemoteRequest {
    package typealias Reply = ReleaseNameReply
    package static let method = "administration.releaseName"

    /// A common name, or a subjectAltName with or without its kind (`dns:`, `ip:`, `uri:`, `email:`).
    package var name: String

    package init(name: String) {
        self.name = name
    }
}

package struct ReleaseNameReply: Codable, Sendable, Equatable {
    package var name: String
    /// The device that held the name.
    package var device: String
    package var wasBlocked: Bool

    package init(name: String, device: String, wasBlocked: Bool) {
        self.name = name
        self.device = device
        self.wasBlocked = wasBlocked
    }
}

package struct DeviceDescription: Codable, Sendable, Equatable {
    package var id: String
    package var subject: String
    package var label: String
    package var names: [String]
    /// Unexpired and not revoked.
    package var certificates: Int
    /// In seconds since 1970.
    package var firstSeen: Int64
    package var lastRenewed: Int64
    /// The end of the newest certificate.
    package var expires: Int64
    package var blocked: Bool

    package init(
        id: String, subject: String, label: String, names: [String], certificates: Int, firstSeen: Int64,
        lastRenewed: Int64, expires: Int64, blocked: Bool
    ) {
        self.id = id
        self.subject = subject
        self.label = label
        self.names = names
        self.certificates = certificates
        self.firstSeen = firstSeen
        self.lastRenewed = lastRenewed
        self.expires = expires
        self.blocked = blocked
    }
}

/// Lists devices in the order in which they were first seen: `administration.listDevices`.
package struct ListDevicesRequest: RemoteRequest {
    package typealias Reply = Page<DeviceDescription>
    package static let method = "administration.listDevices"

    package var label: String?
    package var name: String?
    /// Only devices whose newest certificate ends within so many seconds from now.
    package var expiresWithin: Int64?
    /// Only devices that have not renewed since their first certificate.
    package var notRenewed: Bool
    /// Only devices whose newest certificate is of this authority, and still valid.
    package var authority: String?
    package var cursor: String?

    package init(
        label: String? = nil, name: String? = nil, expiresWithin: Int64? = nil, notRenewed: Bool = false,
        authority: String? = nil, cursor: String? = nil
    ) {
        self.label = label
        self.name = name
        self.expiresWithin = expiresWithin
        self.notRenewed = notRenewed
        self.authority = authority
        self.cursor = cursor
    }
}
