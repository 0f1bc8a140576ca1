internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import X509

/// Builds and signs the certificate of an admitted request.
struct CertificateIssuance {
    var core: SignerCore
    var candidate: EnrollmentCandidate
    var admitted: AdmittedRequest

    /// - Parameter device: the device that the names belong to; nil for a new one.
    func sign(device: Int64?, approval: ApprovalRecord?, at time: Date) throws -> SignedCertificate {
        let serial = core.serials.next(at: time)
        let now = Int64(time.timeIntervalSince1970)
        let validity = candidate.profile.validity
        let end = min(
            admitted.requestedNotAfter ?? (now + validity.standard), now + validity.maximum,
            candidate.authority.notAfter)
        guard end > now else {
            throw ServiceError(.profileViolation, "The certificate would have ended before it began (validity).")
        }
        var subject = admitted.subject
        var subjectAltName = try admitted.alternativeNameExtension()
        var remarks: [String] = []
        if let renewed = candidate.renewed {
            // Equal by value, so that the old encoding goes on (design §6), but for what ChangeSubjectName replaces.
            let change = candidate.certificationRequest.changeSubjectName
            if change?.subject == nil {
                subject = renewed.subject
            }
            if change?.alternativeNames == nil {
                subjectAltName = renewed.extensions[oid: .X509ExtensionID.subjectAlternativeName]
            }
            if change != nil {
                let former = DisplayText.escape(renewed.subject.description)
                remarks.append("The names were changed; the subject was \(former).")
            }
        }
        remarks += [candidate.requester.manufacturer?.remark].compactMap { $0 }
        let contents = CertificateContents(
            serial: serial, publicKey: admitted.publicKey, subject: subject, notBefore: now - validity.backdating,
            notAfter: end,
            extensions: [
                try admitted.keyUsageExtension(), try admitted.extendedKeyUsageExtension(), subjectAltName,
            ].compactMap { $0 })
        let der = try candidate.authority.issue(contents)
        let facts = CertificateFacts(
            authority: candidate.authority.name, serial: serial,
            device: device ?? DeviceIdentifier.number(firstSerial: serial), der: der, subject: subject.description,
            names: admitted.names.map(\.description), notBefore: contents.notBefore, notAfter: end,
            remarks: admitted.remarks + remarks)
        return SignedCertificate(
            der: der, serial: serial, subject: facts.subject, names: admitted.names, notBefore: contents.notBefore,
            notAfter: end, device: device ?? DeviceIdentifier.number(firstSerial: serial), isNewDevice: device == nil,
            approval: approval,
            event: try UnnumberedEventLine(core.events.issued(candidate, certificate: facts, at: time)))
    }
}
