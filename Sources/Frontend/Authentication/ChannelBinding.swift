internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import SecureConnections

/// Compares a request's challengePassword with the connection that it came on (RFC 7030 §3.5, RFC 9266).
struct ChannelBinding {
    private let security: ConnectionSecurity
    private let isRequired: Bool
    private let isExempt: Bool

    init(
        _ security: ConnectionSecurity, label: LabelDescription, client: ClientVerdict, operation: EnrollmentOperation
    ) {
        self.security = security
        isRequired = label.channelBindingRequired
        // A registration authority passes on requests whose binding is that of another connection. One whose certificate
        // does not authenticate this operation is none.
        isExempt =
            label.acceptsRegistrationAuthorities && client.isRegistrationAuthority && client.authenticates(operation)
    }

    /// - Throws: ``ServiceError`` where there is a value and it is not this connection's, whatever the label says, or
    ///   where there is none and the label asks for one.
    func compare(_ challengePassword: String?) throws -> ChannelBindingFinding {
        guard !isExempt else { return .exempt }
        guard let challengePassword, !challengePassword.isEmpty else {
            guard !isRequired else {
                throw ServiceError(
                    .channelBindingRequired,
                    "This label asks for the connection's \(security.bindingKind.rawValue) value, in base64, "
                        + "as the request's challengePassword.")
            }
            return .absent
        }
        guard let binding = security.binding else {
            throw ServiceError(
                .channelBindingMismatch,
                "This connection has no \(security.bindingKind.rawValue) value to compare the challengePassword with: "
                    + "its session was resumed without extended master secret.")
        }
        guard challengePassword == Data(binding).base64EncodedString() else {
            throw ServiceError(
                .channelBindingMismatch,
                "The challengePassword is not this connection's \(security.bindingKind.rawValue) value in base64.")
        }
        return .verified
    }
}
