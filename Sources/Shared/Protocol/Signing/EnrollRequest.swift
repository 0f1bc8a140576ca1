package import ClusterTransport
package import Foundation

/// An EST operation that issues certificates.
package enum EnrollmentOperation: String, Codable, Sendable, CaseIterable {
    /// RFC 7030 §4.2.1
    case simpleEnroll = "simpleenroll"
    /// RFC 7030 §4.2.2
    case simpleReenroll = "simplereenroll"
    /// RFC 7030 §4.4
    case serverKeyGeneration = "serverkeygen"
}

/// What the frontend found when it compared the request's challengePassword with the connection (RFC 7030 §3.5).
package enum ChannelBindingFinding: String, Codable, Sendable {
    case absent
    case verified
    /// Not compared: the client is a registration authority, and the label accepts those.
    case exempt
}

/// A device's request for a certificate, as a frontend passes it on: `signing.enroll`.
///
/// The signer believes the frontend about who is at the other end of TLS, and nothing else: it parses and verifies the
/// certification request again, and applies label, profile and name rules itself.
package struct EnrollRequest: RemoteRequest {
    package typealias Reply = EnrollReply
    package static let method = "signing.enroll"

    package var operation: EnrollmentOperation
    package var label: String
    /// The PKCS#10 certification request, DER.
    package var certificationRequest: Data
    /// The certificate chain that the client presented in TLS and proved possession of, leaf first, DER.
    /// Empty where it presented none.
    package var clientChain: [Data]
    /// The password of HTTP Basic, or the Bearer token.
    package var secret: Secret?
    package var channelBinding: ChannelBindingFinding
    /// The client's `Idempotency-Key` header.
    package var idempotencyKey: String?
    /// The frontend's own identifier of the HTTP request, for logs and events.
    package var requestID: String
    /// The peer's address as the frontend saw it, without the port.
    package var remoteAddress: String

    package init(
        operation: EnrollmentOperation, label: String, certificationRequest: Data, clientChain: [Data] = [],
        secret: Secret? = nil, channelBinding: ChannelBindingFinding = .absent, idempotencyKey: String? = nil,
        requestID: String, remoteAddress: String
    ) {
        self.operation = operation
        self.label = label
        self.certificationRequest = certificationRequest
        self.clientChain = clientChain
        self.secret = secret
        self.channelBinding = channelBinding
        self.idempotencyKey = idempotencyKey
        self.requestID = requestID
        self.remoteAddress = remoteAddress
    }
}

/// What became of an enrollment that was not refused. A refusal is a thrown ``ServiceError``.
package enum EnrollReply: Codable, Sendable, Equatable {
    /// The certificate, DER; `replayed` where an earlier identical request had already made it.
    case issued(certificate: Data, replayed: Bool)
    /// The certificate, DER, and the key that the signer made for it; only for `serverkeygen`.
    case generated(certificate: Data, key: DeliveredKey, replayed: Bool)
    /// It waits for an operator's approval; the same request may be sent again after so many seconds.
    case pending(retryAfter: Int)
}

/// A private key that the signer made, on its way to the device that asked for it (RFC 7030 §4.4.2).
package enum DeliveredKey: Codable, Sendable, Equatable {
    /// PKCS#8, DER; TLS alone protects it from the frontend on.
    case plain(SecretBytes)
    /// A CMS EnvelopedData, DER, that only the device can open.
    case enveloped(Data)
}

/// Asks whether a secret would authenticate on a label, without using it up: `signing.authenticate`.
package struct AuthenticateRequest: RemoteRequest {
    package typealias Reply = Done
    package static let method = "signing.authenticate"

    /// Why a frontend asks.
    package enum Purpose: String, Codable, Sendable {
        /// Before it tells a client why its request was refused: a reason goes only to a client that proved who it is.
        /// The secret must be good for a certificate; a refusal is recorded.
        case reason
        /// Before it lets a request through whose address has failed too often. A secret that is spent or expired will
        /// do, as the request may be one to repeat an answer to. The frontend counts the refusals, which are not recorded.
        case admission
    }

    package var label: String
    package var secret: Secret
    package var purpose: Purpose
    /// As in ``EnrollRequest``: for the event of a refusal.
    package var requestID: String
    package var remoteAddress: String

    package init(
        label: String, secret: Secret, purpose: Purpose = .reason, requestID: String = "", remoteAddress: String = ""
    ) {
        self.label = label
        self.secret = secret
        self.purpose = purpose
        self.requestID = requestID
        self.remoteAddress = remoteAddress
    }
}
