internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import X509

/// Decides whether a presented certificate is one that a manufacturer which the label trusts gave the device.
///
/// The frontend has judged the path already; here it is judged again, and whether the manufacturer has revoked it.
struct ManufacturerAuthentication {
    enum Finding: Sendable {
        /// It is no manufacturer's here: the label trusts none, or no path leads to one.
        case none
        case accepted(Requester.ManufacturerCertificate)
        /// It is one, and not good now.
        case refused(ServiceError)
    }

    var core: SignerCore
    var label: LabelDescription
    var policy: Policy

    /// Whether there is anything to judge: a certificate was presented, and may be a manufacturer's.
    func concerns(_ request: EnrollRequest) -> Bool {
        request.operation != .simpleReenroll && label.acceptsCertificates && !request.clientChain.isEmpty
            && !label.manufacturers.isEmpty
    }

    func judge(_ request: EnrollRequest) async throws -> Finding {
        let manufacturers = policy.manufacturers(of: label)
        guard concerns(request), !manufacturers.isEmpty,
            let presented = try? ClientCertificate(chain: request.clientChain)
        else { return .none }
        let ours = core.authorities.values.map { ClientCertificate.Authority(name: $0.name, issuing: $0.certificate) }
        let now = core.seconds()
        switch await presented.judge(manufacturers: manufacturers.map(\.trust), excluding: ours, now: now) {
        case .untrusted: return .none
        case .outsideValidity(let manufacturer, let reason):
            return .refused(
                ServiceError(.certificateOutsideValidity, reason)
                    .naming(RefusedCertificate(presented, manufacturer: manufacturer)))
        case .accepted(let path):
            guard let manufacturer = manufacturers.first(where: { $0.trust.name == path.manufacturer }) else {
                return .none
            }
            return try await judge(presented, path, manufacturer, now: now)
        }
    }

    private func judge(
        _ presented: ClientCertificate, _ path: ManufacturerPath, _ manufacturer: Manufacturer, now: Int64
    ) async throws -> Finding {
        var remark: String?
        let refused = RefusedCertificate(presented, manufacturer: path.manufacturer)
        if let rule = manufacturer.revocation {
            // The leaf as it was presented: encoding it anew could mend what libcrypto is to judge.
            let chain = try [presented.leafDER] + path.certificates.dropFirst().map { try $0.derEncoded() }
            switch await core.manufacturerLists.judge(chain, by: rule, now: now) {
            case .good(let tolerated): remark = tolerated
            case .revoked:
                return .refused(
                    ServiceError(.certificateRevoked, "The client certificate has been revoked by its manufacturer.")
                        .naming(refused))
            case .unknown(let reason):
                return .refused(ServiceError(.certificateUntrusted, reason).naming(refused))
            }
        }
        return .accepted(
            Requester.ManufacturerCertificate(
                manufacturer: path.manufacturer, certificate: presented.leaf,
                fingerprint: Data(presented.fingerprint), identity: Data(presented.signedPartSHA256),
                publicKeyDER: try presented.publicKeyDER(), remark: remark))
    }
}
