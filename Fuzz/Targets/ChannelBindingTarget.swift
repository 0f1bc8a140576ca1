internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import FuzzEngine
internal import SecureConnections

@testable internal import Frontend
@testable internal import PKI

extension FuzzTarget {
    /// The challengePassword against the connection's value (RFC 7030 §3.5): a byte of settings, the value of the
    /// connection and the password.
    static let channelBinding = FuzzTarget(name: "channel-binding") { input in
        guard let settings = input.first else { return }
        let parts = parts(of: Array(input.dropFirst()), atMost: 2)
        let binding = settings & 1 == 0 ? parts.first : nil
        let isRequired = settings & 2 != 0
        let password = parts.count < 2 ? nil : String(decoding: parts[1], as: UTF8.self)
        let security = ConnectionSecurity(
            bindingKind: settings & 4 == 0 ? .tlsExporter : .tlsUnique, binding: binding)
        // A client without a certificate is exempt nowhere.
        let comparison = ChannelBinding(
            security, label: label(bindingRequired: isRequired, registrationAuthorities: settings & 8 != 0),
            client: .absent, operation: .simpleEnroll)
        do {
            switch try comparison.compare(password) {
            case .verified:
                expect(
                    binding.map { Array($0) } == password.flatMap { Data(base64Encoded: $0) }.map { Array($0) },
                    "only the connection's own value is accepted")
            case .absent:
                expect(!isRequired && password?.isEmpty != false, "a value that is there is compared")
            case .exempt:
                expect(false, "nobody is exempt")
            }
        } catch {
            let code = (error as? ServiceError)?.code
            expect(
                code == .channelBindingMismatch || code == .channelBindingRequired,
                "a binding is refused in a known way, not by \(error)")
            if let binding, let password {
                expect(password != Data(binding).base64EncodedString() || password.isEmpty, "the right value passes")
            }
        }
    }

    private static func label(bindingRequired: Bool, registrationAuthorities: Bool) -> LabelDescription {
        LabelDescription(
            name: "fuzz", authority: "devices", profile: "fuzz", acceptsCertificates: true, acceptsSecrets: true,
            requires: .either, renewal: .anyKey, predecessors: [], gracePeriod: 0,
            channelBindingRequired: bindingRequired, acceptsRegistrationAuthorities: registrationAuthorities,
            approval: .automatic, maximumConcurrentEnrollments: 1)
    }
}
